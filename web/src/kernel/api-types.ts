// What the server's replies hold. Ids are strings; days are 2026-10-12; instants are ISO 8601.

export interface Page<T> {
  rows: T[];
  more?: boolean;
  next?: string | null;
  total?: number;
}

export type PlaceKind = 'area' | 'street' | 'school' | 'class' | 'pupil';

export interface Place {
  kind: PlaceKind;
  id: string;
  name: string;
}

export interface Area {
  id: string;
  code: string;
  name: string;
}

export interface HeldRole {
  role: string;
  place_kind: PlaceKind;
  place_id: string;
  place_name: string;
}

export interface SessionChild {
  area: string;
  id: string;
  name: string;
  school: string;
  class_name: string;
  relation: string;
}

export interface Session {
  kind: 'staff' | 'family';
  name: string;
  area: Area | null;
  csrf: string;
  must_change?: boolean;
  now: string;
  roles?: HeldRole[];
  permissions?: string[];
  children?: SessionChild[];
}

export interface DeviceSession {
  id: string;
  device: string;
  created: string;
  seen: string;
  current: boolean;
}

// Families

export interface JoinLook {
  school: string;
  class_name: string;
  child_hint: string;
  needs: string[];
  /** What is agreed to, as it is kept. */
  wording?: string;
}

export interface Guardian {
  id: string;
  person_id?: string;
  name: string;
  relation: string;
  position?: number;
  may_collect?: boolean;
  joined: boolean;
  you?: boolean;
  phone_masked?: string;
  account?: string | null;
}

export interface Child {
  area: string;
  id: string;
  name: string;
  sex: string;
  birth_day: string;
  school: string;
  class_name: string;
  student_no_masked?: string | null;
  guardians: Guardian[];
  protected: boolean;
  memberships?: { school: string; class_name: string; from: string; until: string | null }[];
}

export interface Invitation {
  code: string;
  url: string;
  expires: string;
}

export interface Look {
  at: string;
  who: string;
  role: string;
  purpose: string;
  fields: string[];
  school: string;
}

export type RequestKind = 'correction' | 'erasure';

export interface FamilyRequest {
  id: string;
  kind: RequestKind;
  asked: string;
  decided: string | null;
  granted: boolean | null;
  answer: string | null;
  text?: string;
  field?: string | null;
}

// Desk: overview and places

export interface Exception {
  kind: string;
  count: number;
  school_id?: string | null;
  school_name?: string | null;
  as_of?: string;
}

export interface Overview {
  as_of?: string;
  exceptions: Exception[];
  figures: {
    schools: number;
    classes: number;
    pupils: number;
    staff: number;
    guardians: number;
    joined_pupils: number;
  };
}

export interface School {
  id: string;
  code: string;
  name: string;
  kind: string;
  stages: string;
  street?: string | null;
  street_id?: string | null;
  rural: boolean;
  classes: number;
  pupils: number;
  staff: number;
  joined_pupils: number;
  primary_years?: number;
  opened_on?: string | null;
  closed_on?: string | null;
  sites?: { id: string; name: string; address: string }[];
}

export interface Street {
  id: string;
  code: string;
  name: string;
}

export interface SchoolClass {
  id: string;
  stage: string;
  grade: number | null;
  number: number;
  name: string;
  entry_year: number;
  pupils: number;
  joined_pupils: number;
  homeroom: { id: string; name: string } | null;
  closed_on?: string | null;
  school_id?: string;
  school?: string;
  teachers?: Teaching[];
}

export interface Teaching {
  id: string;
  class_id: string;
  class_name: string;
  person_id: string;
  person: string;
  part: string;
  subject?: string | null;
}

export interface ClassPupil {
  id: string;
  name: string;
  sex: Sex;
  birth_day?: string | null;
  local_no?: string | null;
  guardians: { name: string; relation: string; joined: boolean }[];
  joined: boolean;
}

// Desk: people

export type PersonKind = 'pupil' | 'guardian' | 'staff';

/** GB/T 2261.1, or its name. */
export type Sex = number | string | null;

export interface Found {
  id: string;
  kind: PersonKind;
  name: string;
  sex: Sex;
  birth_day: string | null;
  school: string;
  class_name: string;
}

export interface Membership {
  id: string;
  school_id: string;
  school: string;
  class_id?: string | null;
  class_name: string;
  from: string;
  until?: string | null;
  ended?: string | null;
}

export interface SealedField {
  field: string;
  masked?: string;
}

export interface StaffPost {
  id: string;
  school_id: string;
  school: string;
  post: string;
  staff_no?: string | null;
  from?: string;
  until?: string | null;
}

export interface Person {
  id: string;
  name: string;
  sex: Sex;
  birth_day?: string | null;
  ethnic?: string;
  kinds: PersonKind[];
  local_no: string;
  protected: boolean;
  memberships: Membership[];
  guardians: Guardian[];
  wards: Guardian[];
  siblings: { id: string; name: string }[];
  staff: StaffPost[];
  teachings: Teaching[];
  sealed: SealedField[];
  merged_into?: string | null;
  erased?: boolean;
}

export interface MergeSide {
  id: string;
  name: string;
  place: string;
}

export interface Merge {
  id: string;
  kept: MergeSide;
  gone: MergeSide;
  reason: string;
  state?: string;
  differences: { field: string; kept: string; gone: string }[];
}

export interface Leaver {
  id: string;
  person_id: string;
  name: string;
  class_name: string;
  school_id: string;
  proposed: string;
  import_id: string;
}

// Desk: invitations

export interface InvitationMade extends Invitation {
  pupil_id: string;
  name: string;
}

export interface InvitationRow {
  id: string;
  pupil: { id: string; name: string };
  made: string;
  expires: string;
  redeemed: string | null;
  revoked: string | null;
  by: string;
}

// Desk: roles, accounts, data grants, audit

export interface RoleKind {
  role: string;
  places: PlaceKind[];
  may: string[];
  assignable: boolean;
}

export interface RoleRow {
  id: string;
  person: { id: string; name: string };
  role: string;
  place: Place;
  from: string;
  until: string | null;
  granted_by: string | null;
  revoked: string | null;
}

export interface AccountRow {
  id: string;
  username: string;
  person: { id: string; name: string };
  locked: boolean;
  disabled: boolean;
  last_seen: string | null;
}

export interface Why {
  allowed: { permission: string; role: string; place: Place; since: string; granted_by: string }[];
  sentence: string;
}

export interface DataGrant {
  id: string;
  purpose: string;
  fields: string[];
  place: Place;
  asked_by: string;
  asked: string;
  hours: number;
  state: 'open' | 'approved' | 'refused' | 'ended';
  decided_by?: string | null;
  until?: string | null;
  mine?: boolean;
}

export interface OpenRequest extends FamilyRequest {
  child: { id: string; name: string; school: string; class_name: string };
}

export interface AuditRow {
  id: string;
  at: string;
  school_id: string | null;
  school: string | null;
  seq: number;
  actor: { kind: string; name: string };
  action: string;
  subject_kind: string | null;
  subject_id: string | null;
  subject_name: string | null;
  detail: unknown;
  personal?: unknown;
  hash: string;
}

// Desk: import

export type ImportState =
  | 'reading'
  | 'preview'
  | 'refused'
  | 'applying'
  | 'applied'
  | 'cancelled'
  | 'failed';

export interface Import {
  id: string;
  state: ImportState;
  file_name: string;
  format?: string;
  school_id?: string | null;
  school?: string | null;
  made?: string;
  progress?: { done: number; total: number; eta_s?: number | null };
  summary?: {
    new: number;
    changed: number;
    unchanged: number;
    leaving: number;
    doubtful: number;
    faults: number;
    by_kind?: Record<string, number>;
  };
  /** Why it failed, as a code. */
  error?: string | null;
}

export interface ImportRow {
  sheet: string;
  row: number;
  name: string;
  class_name?: string;
  changes?: { field: string; before: string | null; after: string | null }[];
  fault?: { column: string; value: string; code: string; message: string; expected: string };
  choice?: { id: string; name: string; birth_day?: string; class_name?: string }[] | null;
}
