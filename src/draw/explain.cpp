#include "draw/explain.h"

#include <algorithm>
#include <cstdlib>

#include "kernel/text/text.h"

#include "engines/allocate/choice.h"
#include "engines/allocate/welfare.h"

namespace sj::draw {
namespace {

using allocate::at;
using allocate::CutOff;

class Explainer {
 public:
  Explainer(const Instance& instance, const Drawn& drawn, int student)
      : instance_(instance), drawn_(drawn), student_(student), gates_(instance.market) {}

  std::string run() {
    const auto list = instance_.market.list(student_);
    text_ = "学生 " + id(student_) + ": 抽签第 " +
            std::to_string(at(instance_.market.positions, student_)) + " 位,共 " +
            std::to_string(instance_.market.student_count()) + " 人 (lottery position)\n";
    for (std::size_t place = 0; place < list.size(); ++place) {
      text_ += std::to_string(place + 1) + ". " + section_id(list[place].section) + ": " +
               reason(static_cast<int>(place)) + "\n";
    }
    if (list.empty()) text_ += "没有志愿 (no wishes)\n";
    return std::move(text_);
  }

 private:
  [[nodiscard]] std::int64_t wish(int place) const {
    return instance_.market.wish_begin(student_) + place;
  }
  [[nodiscard]] bool holds(int place) const {
    return at(drawn_.outcome.assignment.held, wish(place)) != 0;
  }
  // An id may hold what would break the line or turn its direction.
  [[nodiscard]] std::string id(int student) const {
    return text::one_line(at(instance_.student_ids, student));
  }
  [[nodiscard]] std::string section_id(int section) const {
    return text::one_line(at(instance_.section_ids, section));
  }
  [[nodiscard]] bool is_among(const std::vector<int>& sections, int section) const {
    return std::find(sections.begin(), sections.end(), section) != sections.end();
  }
  [[nodiscard]] bool is_first_edition() const { return drawn_.edition == allocate::Edition::first; }

  std::string reason(int place) {
    const allocate::Wish& line = at(instance_.market.list(student_), place);
    const int section = line.section;
    const auto& facts = at(instance_.market.sections, section);
    const bool aside = is_among(drawn_.outcome.aside, section);
    const bool reopened = aside || is_among(drawn_.outcome.reopened, section);
    const std::string again =
        reopened ? ";该班曾因人数不足停开,后重新开班 (had closed, reopened)" : "";
    if (holds(place)) return "录取 (granted)" + again;
    if (at(drawn_.outcome.assignment.closed, section) != 0) {
      return drawn_.rule == Rule::welfare ? closed_for_all(place) : closed(section);
    }
    const bool no_seat =
        facts.cap == 0 || (facts.group >= 0 && at(instance_.market.group_caps, facts.group) == 0);
    if (no_seat) return "没有名额 (no seats)";
    const std::string own = own_obstacle(place);
    // Nobody comes last under `welfare`: no order lets students in.
    if (drawn_.rule == Rule::welfare) return own.empty() ? price(place) : own;
    const bool in_turns = drawn_.rule == Rule::draft || drawn_.rule == Rule::serial;
    const std::string last =
        (in_turns && !aside ? last_turn(line) : last_admitted(section)) + again;
    if (!own.empty()) return own + last;
    return (aside ? not_seated_aside(line) : seat_taken(place)) + last;
  }

  [[nodiscard]] std::string closed(int section) const {
    std::string fewer = "未开班:不足 " +
                        std::to_string(at(instance_.market.sections, section).min) +
                        " 人 (closed: below its minimum)";
    if (is_first_edition()) return fewer;
    const auto left = at(allocate::unserved(instance_.market, drawn_.outcome.assignment), section);
    std::string why = fewer + ";未获任何名额而填报它的有 " + std::to_string(left.wishing) +
                      " 人 (of those with nothing, so many wish it)";
    if (left.seats < left.wishing) {
      why += ",至多可容 " + std::to_string(left.seats) + " 人 (seats it could give)";
    }
    return why;
  }

  // Under `welfare` a section with enough wishes may be left closed for the good of the total.
  [[nodiscard]] std::string closed_for_all(int place) const {
    const int section = at(instance_.market.list(student_), place).section;
    const auto& facts = at(instance_.market.sections, section);
    const std::string min = std::to_string(facts.min);
    const auto wishing =
        std::count_if(instance_.market.wishes.begin(), instance_.market.wishes.end(),
                      [&](const allocate::Wish& wish) { return wish.section == section; });
    if (wishing < facts.min) {
      return "未开班:填报的有 " + std::to_string(wishing) + " 人,不足 " + min +
             " 人 (closed: fewer wish it than its minimum)";
    }
    const bool too_few_seats =
        facts.min > facts.cap ||
        (facts.group >= 0 && facts.min > at(instance_.market.group_caps, facts.group));
    if (too_few_seats) {
      return "未开班:名额少于最低人数 " + min + " (closed: fewer seats than its minimum)";
    }
    return "未开班:整体方案中不开 (closed in the assignment as a whole);" + price(place);
  }

  // Others have a seat here because they had nothing.
  [[nodiscard]] std::string not_seated_aside(const allocate::Wish& line) const {
    const auto list = instance_.market.list(student_);
    for (std::size_t place = 0; place < list.size(); ++place) {
      if (holds(static_cast<int>(place))) {
        return "重新开班时只收未获任何名额者,本人已有名额 (reopened for those with nothing)";
      }
    }
    return "重新开班后已满 (full after it reopened): " + own_key(line);
  }

  // A better wish that stands in the way: the section was never asked for.
  [[nodiscard]] std::string own_obstacle(int place) const {
    const auto list = instance_.market.list(student_);
    const auto& wanted = at(instance_.market.sections, at(list, place).section);
    int above = 0;
    for (int better = 0; better < place; ++better) {
      if (!holds(better)) continue;
      const int section = at(list, better).section;
      if (allocate::conflict(at(instance_.market.sections, section), wanted)) {
        return "与已录取的更靠前志愿 " + section_id(section) +
               " 时间或课程冲突 (conflicts with a better wish granted)";
      }
      if (++above == at(instance_.market.quotas, student_)) {
        return "更靠前的志愿已用完可选门数 " + std::to_string(above) +
               " (better wishes used up the quota)";
      }
    }
    return {};
  }

  // `draft`, `serial`: the turn after which the section was no longer open to the own class.
  [[nodiscard]] std::string last_turn(const allocate::Wish& line) const {
    const bool reserves = gates_.has_reserves(gates_.gate_of(line.section));
    const CutOff* last = nullptr;
    for (const CutOff& entry : at(drawn_.outcome.cut_offs, line.section)) {
      // Without reserves there is one turn for all classes.
      const bool counts = !reserves || entry.priority_class == line.priority_class;
      if (counts && entry.student >= 0) last = &entry;
    }
    if (last == nullptr) return {};
    // The last seat of a group may be one in another section of it.
    const bool own_seat = allocate::seated(instance_.market, gates_, drawn_.outcome.assignment)
                              .section_full(instance_.market, line.section);
    std::string who = ";全组最后录取 " + id(last->student) + " (last admitted of the group)";
    if (own_seat) who = ";最后录取 " + id(last->student) + " (last admitted)";
    if (reserves) who = ";本等级止于 " + id(last->student) + " (last turn open to this class)";
    return who + ": 等级 " + std::to_string(last->priority_class) + ",第 " +
           std::to_string(last->round) + " 轮第 " + std::to_string(last->turn) + " 个,抽签第 " +
           std::to_string(at(instance_.market.positions, last->student)) + " 位";
  }

  // Who in the section has the last key, and who in its group.
  [[nodiscard]] std::string last_admitted(int section) const {
    const allocate::Seated now =
        allocate::seated(instance_.market, gates_, drawn_.outcome.assignment);
    // Where the group is full and the section is not, the group's last one stands in the way.
    const bool by_group = drawn_.rule == Rule::stable &&
                          !now.section_full(instance_.market, section) &&
                          now.group_full(instance_.market, gates_, section);
    std::string text;
    if (at(now.in_section, section) > 0) {
      text = ";最后录取 " + name_and_key(at(now.last_in_section, section), " (last admitted)");
    }
    const int gate = gates_.gate_of(section);
    if (by_group && at(now.in_gate, gate) > 0) {
      text += ";全组最后录取 " +
              name_and_key(at(now.last_in_gate, gate), " (last admitted of the group)");
    }
    return text.empty() ? ";无人录取 (nobody admitted)" : text;
  }

  [[nodiscard]] std::string name_and_key(const allocate::Applicant& one, const char* what) const {
    return id(one.student) + what + ": 等级 " + std::to_string(one.priority_class) + ",抽签第 " +
           std::to_string(one.position) + " 位";
  }

  [[nodiscard]] std::string own_key(const allocate::Wish& line) const {
    return "本人等级 " + std::to_string(line.priority_class) + ",抽签第 " +
           std::to_string(at(instance_.market.positions, student_)) + " 位";
  }

  // The student wanted the seat and did not get it.
  [[nodiscard]] std::string seat_taken(int place) const {
    const allocate::Wish& line = at(instance_.market.list(student_), place);
    const std::string own = own_key(line);
    const bool reserves = gates_.has_reserves(gates_.gate_of(line.section));
    const allocate::Seated now =
        allocate::seated(instance_.market, gates_, drawn_.outcome.assignment);
    const bool section_full = now.section_full(instance_.market, line.section);
    const bool group_full = !section_full && now.group_full(instance_.market, gates_, line.section);
    if (drawn_.rule == Rule::draft || drawn_.rule == Rule::serial) {
      if (reserves && !section_full && !group_full) {
        return "轮到时余下名额预留给其他等级,放开时本人已无法再选 (held back for another class at "
               "its turn): " +
               own;
      }
      return group_full ? "轮到时所在组已满 (its group was full when its turn came): " + own
                        : "轮到时已满 (full when its turn came): " + own;
    }
    const auto pairs = allocate::blocking_pairs(instance_.market, drawn_.outcome.assignment);
    if (std::binary_search(pairs.begin(), pairs.end(), wish(place))) {
      return "时间重叠下的阻碍对,已计入公布数 (a blocking pair, which overlapping times allow): " +
             own;
    }
    if (reserves) return "已满,含预留名额 (full; some seats are reserved): " + own;
    return group_full ? "所在组已满,排在录取线之后 (its group is full, after the cut-off): " + own
                      : "已满,排在录取线之后 (full, after the cut-off): " + own;
  }

  // What it would cost all others together, by solving again with the seat given.
  [[nodiscard]] std::string price(int place) const {
    const auto cost =
        allocate::cost_of_giving(instance_.market, drawn_.outcome.assignment, student_, place, {});
    if (!cost.possible) return "任何方案都给不了 (no assignment gives it)";
    if (!cost.proved) {
      return "在限定的计算量内算不出代价 (its cost was not settled within the bounded effort)";
    }
    if (cost.seats == 0 && cost.rank == 0) {
      return "给此席位不减总席位与总位次(分值),仅由抽签次序决定 (costs nothing but the tie-break)";
    }
    // Only a result that was not proved the best can be bettered by a seat that it did not give.
    if (cost.seats < 0 || (cost.seats == 0 && cost.rank < 0)) {
      return "本方案未证明最优,给此席位反而更好 (not proved the best: giving it would do better)";
    }
    const bool worse = cost.rank > 0;
    const bool points = instance_.market.has_points;
    return "若给此席位,总席位少 " + std::to_string(cost.seats) + "," +
           (points ? "总分值" : "总位次") + (worse == points ? "少 " : "多 ") +
           std::to_string(std::abs(cost.rank)) + " (seats lost, rank or points changed in total)";
  }

  const Instance& instance_;
  const Drawn& drawn_;
  int student_;
  allocate::Gates gates_;
  std::string text_;
};

}  // namespace

std::string explain(const Instance& instance, const Drawn& drawn, int student) {
  return Explainer(instance, drawn, student).run();
}

}  // namespace sj::draw
