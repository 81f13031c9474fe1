// What a family reads about its own result. Another language is another entry here.

export type Language = 'zh-Hans' | 'zh-Hant' | 'en';

const en = {
  // one sentence for every wish
  granted: '{section}: granted.',
  closed: '{section}: does not take place, or has no seats.',
  conflict: '{section}: cannot be held together with {other}, a better wish that was granted.',
  quota: '{section}: all {quota} places of this child went to better wishes.',
  after:
    '{section}: full; this child comes after the last one admitted (number {number}, place {position}).',
  full: '{section}: full; its seats went to wishes that come first in the published order.',
  taken: '{section}: the last seat was taken before it was this child’s turn.',
  group: '{section}: the last seat of its group went to a better wish of this child.',
  welfare: '{section}: the best assignment for all together has no seat for this wish.',
  reopened:
    '{section}: opened again, only for children with nothing, as far as its cut-off reaches.',
  // what may be wrong with a receipt
  form: 'This is not a receipt of a known form ({why}).',
  algorithm: 'Rule and algorithm do not belong together.',
  root: 'The receipt belongs to another list than the one that was published (the roots differ).',
  seed: 'The receipt names another seed than the one that was drawn.',
  leaf: 'The wishes in the receipt are not those in the published list.',
  section: 'What the receipt says about {section} is not what was published.',
  number: 'The lottery number does not follow from the seed and the child’s secret.',
  forbidden: 'The result breaks a rule: too many sections, a conflict or a section not wished.',
  derived: 'By the cut-offs the result should be {expected}, but the receipt says {actual}.',
  outcome: 'The receipt belongs to another outcome than the one that was published.',
  head: 'Rule, seed or the number of entries are not those of the outcome.',
  cutoff: 'The cut-off of {section} is not that of the outcome.',
  own: 'The seats, the number or the place of this child are not those of the outcome.',
  prices: 'At the published prices other seats would be worth more to this child.',
};

export type Word = keyof typeof en;

const words: Record<Language, Record<Word, string>> = {
  en,
  'zh-Hans': {
    granted: '{section}：已录取。',
    closed: '{section}：未开班，或没有名额。',
    conflict: '{section}：与已录取的更靠前志愿 {other} 冲突，不能兼得。',
    quota: '{section}：这个孩子的 {quota} 个名额已用于更靠前的志愿。',
    after: '{section}：名额已满，排在最后一名录取者之后（其号码 {number}，第 {position} 位）。',
    full: '{section}：名额已满，已按公布的顺序给了排在前面的志愿。',
    taken: '{section}：轮到这个孩子之前，最后一个名额已被选走。',
    group: '{section}：所在组的最后一个名额已用于这个孩子更靠前的志愿。',
    welfare: '{section}：整体最优的分配中，这个志愿没有名额。',
    reopened: '{section}：停开后重新开班，只收未获任何名额的孩子，至录取线为止。',
    form: '无法识别这份回执（{why}）。',
    algorithm: '规则与算法编号不符。',
    root: '回执与公布的名册不符（根值不同）。',
    seed: '回执中的种子不是公布的种子。',
    leaf: '回执中的志愿与公布的名册不符。',
    section: '回执中 {section} 的内容与公布的名册不符。',
    number: '摇号号码不能由种子和家庭密码算出。',
    forbidden: '结果违反规则：超出名额、相互冲突或并非所填志愿。',
    derived: '按录取线推算，结果应为 {expected}，回执却是 {actual}。',
    outcome: '回执与公布的结果不符（结果总指纹不同）。',
    head: '规则、种子或份数与公布的结果不符。',
    cutoff: '{section} 的录取线与公布的结果不符。',
    own: '这个孩子的录取、号码或位次与公布的结果不符。',
    prices: '按公布的价格，另一种录取对这个孩子更值。',
  },
  'zh-Hant': {
    granted: '{section}：已錄取。',
    closed: '{section}：未開班，或沒有名額。',
    conflict: '{section}：與已錄取的更靠前志願 {other} 衝突，不能兼得。',
    quota: '{section}：這個孩子的 {quota} 個名額已用於更靠前的志願。',
    after: '{section}：名額已滿，排在最後一名錄取者之後（其號碼 {number}，第 {position} 位）。',
    full: '{section}：名額已滿，已按公布的順序給了排在前面的志願。',
    taken: '{section}：輪到這個孩子之前，最後一個名額已被選走。',
    group: '{section}：所在組的最後一個名額已用於這個孩子更靠前的志願。',
    welfare: '{section}：整體最優的分配中，這個志願沒有名額。',
    reopened: '{section}：停開後重新開班，只收未獲任何名額的孩子，至錄取線為止。',
    form: '無法識別這份回執（{why}）。',
    algorithm: '規則與演算法編號不符。',
    root: '回執與公布的名冊不符（根值不同）。',
    seed: '回執中的種子不是公布的種子。',
    leaf: '回執中的志願與公布的名冊不符。',
    section: '回執中 {section} 的內容與公布的名冊不符。',
    number: '搖號號碼不能由種子和家庭密碼算出。',
    forbidden: '結果違反規則：超出名額、相互衝突或並非所填志願。',
    derived: '按錄取線推算，結果應為 {expected}，回執卻是 {actual}。',
    outcome: '回執與公布的結果不符（結果總指紋不同）。',
    head: '規則、種子或份數與公布的結果不符。',
    cutoff: '{section} 的錄取線與公布的結果不符。',
    own: '這個孩子的錄取、號碼或位次與公布的結果不符。',
    prices: '按公布的價格，另一種錄取對這個孩子更值。',
  },
};

/** What breaks a line, turns its direction or cannot be seen, as `\n`, `\u200b` or `\u{e0041}`. */
const oneLine = (text: string): string =>
  text.replace(
    /[\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\p{Cc}\p{Cs}\p{Co}\p{Zl}\p{Zp}\ufff9-\ufffb]/gu,
    (mark) => {
      const digits = (mark.codePointAt(0) ?? 0).toString(16).padStart(4, '0');
      if (mark === '\n') return '\\n';
      return digits.length > 4 ? `\\u{${digits}}` : `\\u${digits}`;
    },
  );

export function say(language: Language, word: Word, values: Record<string, unknown> = {}): string {
  return words[language][word].replace(/\{(\w+)\}/g, (_, name: string) =>
    oneLine(String(values[name])),
  );
}
