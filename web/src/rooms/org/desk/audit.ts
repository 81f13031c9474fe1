// The trail as sentences a clerk can read: one entry of the catalogue for each kind of action.
import { lookup, t, word } from '@/kernel/i18n';

/** What the trail can be filtered by. */
export const ACTIONS = [
  'person.looked',
  'person.changed',
  'person.merged',
  'person.exported',
  'person.erased',
  'pupil.imported',
  'pupil.created',
  'pupil.moved',
  'pupil.left',
  'pupil.protected',
  'guardian.added',
  'guardian.joined',
  'guardian.invited',
  'newcomer.confirmed',
  'newcomer.rejected',
  'newcomer.reopened',
  'join.odd',
  'number.met_elsewhere',
  'number.too_many',
  'family.unlinked',
  'invitation.made',
  'invitation.revoked',
  'import.applied',
  'class.created',
  'class.changed',
  'teaching.added',
  'teaching.ended',
  'school.created',
  'school.changed',
  'staff.created',
  'staff.changed',
  'staff.ended',
  'export.taken',
  'role.granted',
  'role.revoked',
  'officer.asked',
  'officer.approved',
  'officer.refused',
  'account.created',
  'account.reset',
  'account.disabled',
  'data_grant.asked',
  'data_grant.approved',
  'data_grant.refused',
  'request.asked',
  'request.decided',
  'policy.calendar.changed',
  'policy.calendar.year_taken',
  'session.opened',
  'login.failed',
] as const;

/** The action itself: those of this room are written without its name. */
export const actionOf = (short: string): string =>
  short.startsWith('policy.') ? short : `org.${short}`;

interface Event {
  action: string;
  subject_name?: string | null;
  detail?: unknown;
}

const asRecord = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};

const keyOf = (action: string): string => `audit.${action.replace(/^org\./, '')}`;

/** "导入名册 三年级.xlsx": the action, and whom or what it was about. */
export function sentence(event: Event): string {
  const detail = asRecord(event.detail);
  const values: Record<string, string> = { name: event.subject_name ?? '' };
  for (const [key, value] of Object.entries(detail)) {
    if (typeof value === 'string' || typeof value === 'number') values[key] = String(value);
  }
  const found = lookup(keyOf(event.action), values);
  if (!found) return [event.action, event.subject_name].filter(Boolean).join(' ');
  return found.replaceAll(/\{\w+\}/g, '').trim();
}

/** Whoever did it, by name; those without one by what they are. */
const actorName = (actor: { kind: string; name: string }): string =>
  actor.name && actor.name !== actor.kind ? actor.name : word('actor', actor.kind);

interface Deed extends Event {
  actor: { kind: string; name: string };
}

/** As `actorName`; whoever logs in or joins is nobody before that, and the trail says who it was. */
export function whoDid(event: Deed): string {
  if (event.actor.kind === 'nobody') {
    if (event.action === 'org.session.opened' && event.subject_name) return event.subject_name;
    if (event.action === 'org.guardian.joined') return word('actor', 'family');
  }
  return actorName(event.actor);
}

/** Whether what an entry is about has a page among the people. */
export const isPerson = (kind: string | null | undefined): boolean =>
  ['person', 'pupil', 'staff', 'guardian'].includes(kind ?? '');

export interface Particular {
  name: string;
  text: string;
}

const present = (detail: unknown) =>
  Object.entries(asRecord(detail)).filter(([, value]) => value !== null && value !== '');
const named = (key: string): string | undefined =>
  lookup(`detail.${key}`) ?? lookup(`field.${key}`);

/** What else was written down, for whoever opens the entry: field by field. */
export const particulars = (detail: unknown): Particular[] =>
  present(detail).flatMap(([key, value]) => {
    const name = named(key);
    return name ? [{ name, text: textOf(key, value) }] : [];
  });

/** The rest, which only whoever looks after the system reads: ids and codes by their own names. */
export const internals = (detail: unknown): Particular[] =>
  present(detail)
    .filter(([key]) => !named(key))
    .map(([key, value]) => ({ name: key, text: textOf(key, value) }));

function textOf(key: string, value: unknown): string {
  if (Array.isArray(value)) return value.map((one) => textOf(key, one)).join(t('common.and'));
  if (typeof value === 'object') return JSON.stringify(value);
  const text = String(value);
  if (key === 'fields' || key === 'field') return word('field', text);
  if (key === 'role') return word('role', text);
  if (key === 'relation') return word('relation', text);
  return text;
}
