// What the server takes and gives, under the names that pages use. All of it comes from what the
// server tells of itself (src/gen/api.ts): nothing here is written twice. Ids are strings; days are
// 2026-10-12; instants are ISO 8601.

import type { components, operations, paths } from '@/gen/api';

type Operation = keyof operations;
type Good = 200 | 201 | 202;
type Json<Content> = Content extends { content: { 'application/json': infer Body } } ? Body : never;
type GoodOf<Replies> = {
  [S in keyof Replies]: S extends Good ? Json<Replies[S]> : never;
}[keyof Replies];

/** What an operation answers when it does what is asked. */
export type ReplyOf<O extends Operation> = GoodOf<operations[O]['responses']>;
/** One row of a list. */
export type RowOf<O extends Operation> = ReplyOf<O> extends { rows: (infer Row)[] } ? Row : never;
/** What an operation takes. */
export type BodyOf<O extends Operation> = operations[O] extends {
  requestBody: { content: { 'application/json': infer Body } };
}
  ? Body
  : never;

type Nothing = Record<string, never>;

// By address: `/api/org/schools/${id}` is the operation under `/api/org/schools/{school}`.
export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';
type Segments<Path extends string> = Path extends `${infer Head}/${infer Rest}`
  ? [Head, ...Segments<Rest>]
  : [Path];
type Fits<Asked, Told> = Asked extends [infer A, ...infer As]
  ? Told extends [infer T, ...infer Ts]
    ? T extends `{${string}}`
      ? Fits<As, Ts>
      : A extends T
        ? Fits<As, Ts>
        : false
    : false
  : Told extends []
    ? true
    : false;
type At<M extends Method, Path extends string> = {
  [Told in keyof paths]: Fits<Segments<Path>, Segments<Told>> extends true
    ? paths[Told] extends { [K in M]: infer Found extends { responses: unknown } }
      ? Found
      : never
    : never;
}[keyof paths];

/** The further arguments of a call, or something nobody can give: what is not there is not asked. */
export type Known<M extends Method, Path extends string, Rest extends unknown[]> = [
  At<M, Path>,
] extends [never]
  ? [address: never]
  : Rest;
export type ReplyAt<M extends Method, Path extends string> =
  At<M, Path> extends { responses: infer Replies }
    ? [GoodOf<Replies>] extends [never]
      ? void
      : GoodOf<Replies>
    : never;
export type RowAt<Path extends string> =
  ReplyAt<'get', Path> extends { rows: (infer Row)[] } ? Row : never;
export type BodyAt<M extends Method, Path extends string> =
  At<M, Path> extends { requestBody: { content: { 'application/json': infer Body } } }
    ? Body
    : Nothing;
/** A body, if one is taken, and an Idempotency-Key. */
export type Sent<M extends Method, Path extends string> =
  BodyAt<M, Path> extends Nothing
    ? [body?: Nothing, key?: string]
    : [body: BodyAt<M, Path>, key?: string];
type Asked<Query> = { [Name in keyof Query]?: Query[Name] | '' | null | undefined };
export type QueryAt<M extends Method, Path extends string> =
  At<M, Path> extends { parameters: { query?: infer Query } }
    ? [NonNullable<Query>] extends [never]
      ? Nothing
      : Asked<NonNullable<Query>>
    : Nothing;

export type Problem = components['schemas']['Problem'];
export type FieldProblem = NonNullable<Problem['fields']>[number];

// Places and roles
export type Session = ReplyOf<'get_session'>;
export type Permission = Session['permissions'][number];
export type DeviceSession = RowOf<'list_sessions'>;
export type RoleKind = RowOf<'list_role_kinds'>;
export type RoleRow = RowOf<'list_roles'>;
export type PlaceKind = RoleRow['place']['kind'];
export type AccountRow = RowOf<'list_accounts'>;
export type AuditRow = RowOf<'list_audit'>;

// Families
export type JoinLook = ReplyOf<'look_at_code'>;
export type Child = RowOf<'list_children'>;
export type Invitation = ReplyOf<'invite_pupil'>;
export type FamilyRequest = RowOf<'list_own_requests'>;
export type OpenRequest = RowOf<'list_requests'>;

// Schools and people
export type Overview = ReplyOf<'get_overview'>;
export type Exception = Overview['exceptions'][number];
export type School = ReplyOf<'get_school'>;
export type SchoolClass = ReplyOf<'get_class'>;
export type Term = RowOf<'list_terms'>;
export type ClassPupil = RowOf<'list_class_pupils'>;
export type Teaching = RowOf<'list_class_teachers'>;
export type InvitationMade = RowOf<'invite_class'>;
export type InvitationRow = RowOf<'list_class_invitations'>;
export type Found = RowOf<'search_people'>;
export type PersonKind = Found['kind'];
export type Person = ReplyOf<'get_person'>;
export type Membership = Person['memberships'][number];
export type Guardian = Person['guardians'][number];
export type StaffPost = Person['staff'][number];
export type SealedField = Person['sealed'][number];
export type DataGrant = RowOf<'list_data_grants'>;

// What waits for somebody
export type Merge = RowOf<'list_merges'>;
export type Leaver = RowOf<'list_leavers'>;
export type Newcomer = RowOf<'list_newcomers'>;
export type Import = ReplyOf<'get_import'>;
export type ImportState = Import['state'];
export type ImportRow = RowOf<'list_import_rows'>;

// Rules
export type RuleRow = RowOf<'list_rules'>;
export type RuleLimit = RuleRow['limits'][number];
export type RuleFact = RuleRow['facts'][number];
export type RuleSource = RuleLimit['source'];
export type WholeRule = ReplyOf<'get_rule'>;
export type RuleExample = WholeRule['examples'][number];
export type RuleValue = WholeRule['history'][number];
export type Ruling = ReplyOf<'check_rule'>;

// The school calendar
export type SchoolCalendar = ReplyOf<'get_calendar'>;
export type CalendarDay = SchoolCalendar['days'][number];
export type CalendarEntry = SchoolCalendar['entries'][number];
export type DismissalRow = SchoolCalendar['dismissals'][number];
export type TermFigures = SchoolCalendar['figures'][number];
export type CalendarChange = BodyOf<'change_calendar'>;
export type EntryDraft = NonNullable<CalendarChange['add']>[number];
export type DismissalDraft = NonNullable<CalendarChange['add_dismissals']>[number];
export type CalendarPreview = ReplyOf<'preview_calendar'>;
export type CalendarMove = CalendarPreview['days'][number];
export type NationalYear = RowOf<'list_calendar_years'>;
export type YearDiff = ReplyOf<'take_calendar_year'>;
