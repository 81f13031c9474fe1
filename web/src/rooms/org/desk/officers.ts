// What touches one of the district's three officers takes two: leave is asked for here, another
// officer gives it.
import { computed } from 'vue';
import { ask, done } from '@/kernel/act';
import type { BodyOf } from '@/kernel/api-types';
import { asApiError, post } from '@/kernel/http';
import { t, word } from '@/kernel/i18n';
import { session } from '@/kernel/session';

const OFFICES = ['admin', 'data_officer', 'auditor'];

/** Whether the session is one of the three. */
export const isOfficer = computed(
  () =>
    session.value?.roles?.some(
      ({ role, place_kind }) => place_kind === 'area' && OFFICES.includes(role),
    ) ?? false,
);

type Deed = Omit<BodyOf<'ask_second_officer'>, 'reason'>;

/** If that is why a deed was refused, asks for the reason and then for leave. Says whether it was. */
export async function askSecond(failure: unknown, name: string, deed: Deed): Promise<boolean> {
  if (asApiError(failure).code !== 'org.second_officer') return false;
  const reason = await ask({
    title: t('officer.ask_title', { act: word('officer_act', deed.act), name }),
    text: t('officer.ask_text'),
    verb: t('officer.ask'),
    reason: t('officer.reason'),
  });
  if (reason === null) return true;
  await post('/api/org/officer-acts', { ...deed, reason });
  done(t('officer.asked'));
  return true;
}
