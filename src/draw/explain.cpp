#include "draw/explain.h"

#include <algorithm>

#include "engines/allocate/choice.h"
#include "engines/allocate/welfare.h"

namespace sj::draw {
namespace {

using allocate::at;
using allocate::CutOff;

class Explainer {
 public:
  Explainer(const Instance& instance, const Drawn& drawn, int student)
      : instance_(instance), drawn_(drawn), student_(student) {}

  std::string run() {
    const auto list = instance_.market.list(student_);
    text_ = "学生 " + at(instance_.student_ids, student_) + ": 抽签第 " +
            std::to_string(at(instance_.market.positions, student_)) + " 位,共 " +
            std::to_string(instance_.market.student_count()) + " 人 (lottery position)\n";
    for (std::size_t place = 0; place < list.size(); ++place) {
      text_ += std::to_string(place + 1) + ". " + at(instance_.section_ids, list[place].section) +
               ": " + reason(static_cast<int>(place)) + "\n";
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
  [[nodiscard]] const std::string& id(int student) const {
    return at(instance_.student_ids, student);
  }

  std::string reason(int place) {
    if (holds(place)) return "录取 (granted)";
    const allocate::Wish& line = at(instance_.market.list(student_), place);
    const auto& facts = at(instance_.market.sections, line.section);
    if (at(drawn_.outcome.assignment.closed, line.section) != 0) {
      return "未开班:不足 " + std::to_string(facts.min) + " 人 (closed: below its minimum)";
    }
    if (facts.cap == 0) return "没有名额 (no seats)";
    const std::string last = last_admitted(line.section);
    const std::string own = own_obstacle(place);
    if (!own.empty()) return own + last;
    if (drawn_.rule == Rule::welfare) return price(place) + last;
    return seat_taken(place) + last;
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
        return "与已录取的更靠前志愿 " + at(instance_.section_ids, section) +
               " 时间或课程冲突 (conflicts with a better wish granted)";
      }
      if (++above == at(instance_.market.quotas, student_)) {
        return "更靠前的志愿已用完可选门数 " + std::to_string(above) +
               " (better wishes used up the quota)";
      }
    }
    return {};
  }

  // Everyone in the section, and who of them came in last under the rule.
  [[nodiscard]] std::string last_admitted(int section) const {
    int last = -1;
    const auto& entries = at(drawn_.outcome.cut_offs, section);
    if (drawn_.rule == Rule::draft || drawn_.rule == Rule::serial) {
      for (const CutOff& entry : entries) {
        if (entry.student >= 0) last = entry.student;
      }
      if (last < 0) return {};
      const CutOff& at_turn = *std::find_if(entries.rbegin(), entries.rend(),
                                            [&](const auto& one) { return one.student == last; });
      return ";最后录取 " + id(last) + " (last admitted): 等级 " +
             std::to_string(at_turn.priority_class) + ",第 " + std::to_string(at_turn.round) +
             " 轮第 " + std::to_string(at_turn.turn) + " 个,抽签第 " +
             std::to_string(at(instance_.market.positions, last)) + " 位";
    }
    std::uint64_t worst = 0;
    int priority_class = 0;
    for (int student = 0; student < instance_.market.student_count(); ++student) {
      const std::int64_t begin = instance_.market.wish_begin(student);
      const auto list = instance_.market.list(student);
      for (std::size_t i = 0; i < list.size(); ++i) {
        if (list[i].section != section ||
            at(drawn_.outcome.assignment.held, begin + static_cast<std::int64_t>(i)) == 0) {
          continue;
        }
        const auto key =
            allocate::key_of(list[i].priority_class, at(instance_.market.positions, student));
        if (key < worst) continue;
        worst = key;
        last = student;
        priority_class = list[i].priority_class;
      }
    }
    if (last < 0) return ";无人录取 (nobody admitted)";
    return ";最后录取 " + id(last) + " (last admitted): 等级 " + std::to_string(priority_class) +
           ",抽签第 " + std::to_string(at(instance_.market.positions, last)) + " 位";
  }

  // The student wanted the seat and did not get it.
  [[nodiscard]] std::string seat_taken(int place) const {
    const allocate::Wish& line = at(instance_.market.list(student_), place);
    const std::string own = "本人等级 " + std::to_string(line.priority_class) + ",抽签第 " +
                            std::to_string(at(instance_.market.positions, student_)) + " 位";
    const allocate::Gates gates(instance_.market);
    const bool reserves = gates.has_reserves(gates.gate_of(line.section));
    if (drawn_.rule == Rule::draft || drawn_.rule == Rule::serial) {
      if (reserves && seats_left(line.section)) {
        return "轮到时余下名额预留给其他等级,放开时本人已无法再选 (held back for another class at "
               "its turn): " +
               own;
      }
      return "轮到时已满 (full when its turn came): " + own;
    }
    const auto pairs = allocate::blocking_pairs(instance_.market, drawn_.outcome.assignment);
    if (std::binary_search(pairs.begin(), pairs.end(), wish(place))) {
      return "时间重叠下的阻碍对,已计入公布数 (a blocking pair, which overlapping times allow): " +
             own;
    }
    return reserves ? "已满,含预留名额 (full; some seats are reserved): " + own
                    : "已满,排在录取线之后 (full, after the cut-off): " + own;
  }

  [[nodiscard]] bool seats_left(int section) const {
    const auto& market = instance_.market;
    int taken = 0;
    for (std::size_t i = 0; i < market.wishes.size(); ++i) {
      if (drawn_.outcome.assignment.held[i] != 0 && market.wishes[i].section == section) ++taken;
    }
    return taken < at(market.sections, section).cap;
  }

  // What it would cost all others together, by solving again with the seat given.
  [[nodiscard]] std::string price(int place) const {
    const auto cost =
        allocate::cost_of_giving(instance_.market, drawn_.outcome.assignment, student_, place, {});
    if (!cost.possible) return "任何方案都给不了 (no assignment gives it)";
    if (!cost.proved) return "市场太大,未重新求解 (too large to solve again)";
    if (cost.seats == 0 && cost.rank == 0) {
      return "给此席位不减总席位与总位次,仅由抽签次序决定 (costs nothing but the tie-break)";
    }
    return "若给此席位,总席位少 " + std::to_string(cost.seats) + ",总位次(分值)差 " +
           std::to_string(cost.rank) + " (seats lost, rank or points lost in total)";
  }

  const Instance& instance_;
  const Drawn& drawn_;
  int student_;
  std::string text_;
};

}  // namespace

std::string explain(const Instance& instance, const Drawn& drawn, int student) {
  return Explainer(instance, drawn, student).run();
}

}  // namespace sj::draw
