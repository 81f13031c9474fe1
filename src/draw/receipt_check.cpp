#include <algorithm>
#include <array>
#include <initializer_list>
#include <optional>
#include <span>

#include "kernel/json/json.h"
#include "kernel/text/text.h"

#include "engines/allocate/bundle.h"
#include "engines/allocate/market.h"
#include "engines/allocate/problem.h"

#include "draw/merkle.h"
#include "draw/outcome_tree.h"
#include "draw/receipt.h"

namespace sj::draw {
namespace {

using allocate::operator+=;
using allocate::operator-=;
using boost::json::value;

Error bad_receipt(const std::string& what) {
  return {ErrorKind::invalid, "draw.bad_receipt", what};
}

bool is_root(std::string_view hex) {
  return hex.size() == 2 * Sha256{}.size() && text::from_hex(hex).ok();
}

const value* member(const value& of, std::string_view name) {
  const auto* object = of.if_object();
  return object == nullptr ? nullptr : object->if_contains(name);
}
Result<std::string> text_of(const value& of, std::string_view name) {
  const auto* found = member(of, name);
  if (found == nullptr || !found->is_string()) {
    return bad_receipt(std::string(name) + ": a text should stand here");
  }
  return std::string(found->get_string());
}
Result<std::int64_t> number_of(const value& of, std::string_view name) {
  const auto* found = member(of, name);
  if (found == nullptr || !found->is_int64()) {
    return bad_receipt(std::string(name) + ": a whole number should stand here");
  }
  return found->get_int64();
}
Result<const boost::json::array*> array_of(const value& of, std::string_view name) {
  const auto* found = member(of, name);
  if (found == nullptr || !found->is_array()) {
    return bad_receipt(std::string(name) + ": an array should stand here");
  }
  return &found->get_array();
}

// Refuses what has a member that no receipt has.
Result<void> only(const value& of, std::span<const std::string_view> names, const char* what) {
  const auto* object = of.if_object();
  if (object == nullptr) return bad_receipt(std::string(what) + ": an object should stand here");
  for (const auto& entry : *object) {
    if (std::find(names.begin(), names.end(), std::string_view(entry.key())) == names.end()) {
      return bad_receipt(std::string(what) + ": \"" + std::string(entry.key()) +
                         "\" stands in no receipt");
    }
  }
  return {};
}

Result<const value*> object_of(const value& of,
                               std::string_view name,
                               std::initializer_list<std::string_view> names) {
  const auto* found = member(of, name);
  if (found == nullptr) return bad_receipt(std::string(name) + ": is missing");
  SJ_TRY(only(*found, names, std::string(name).c_str()));
  return found;
}

Result<allocate::Value> price_of(const value& json, std::string_view name) {
  constexpr std::int64_t kMostPrice = std::int64_t{1} << 53U;
  const auto* levels = json.if_array();
  allocate::Value price{};
  if (levels == nullptr || levels->size() != price.size()) {
    return bad_receipt(std::string(name) + ": three whole numbers should stand here");
  }
  for (std::size_t level = 0; level < price.size(); ++level) {
    const auto* whole = (*levels)[level].if_int64();
    if (whole == nullptr || *whole > kMostPrice || *whole < -kMostPrice) {
      return bad_receipt(std::string(name) + ": three whole numbers should stand here");
    }
    price[level] = *whole;
  }
  return price;
}

Result<std::vector<Sha256>> hashes_of(const value& of, std::string_view name) {
  std::vector<Sha256> hashes;
  for (const value& entry : *SJ_TRY(array_of(of, name))) {
    const auto bytes = entry.is_string() ? text::from_hex(entry.get_string())
                                         : Result<std::vector<std::uint8_t>>(bad_receipt(""));
    Sha256 hash{};
    if (!bytes.ok() || bytes.value().size() != hash.size()) {
      return bad_receipt(std::string(name) + ": not a hash of 64 digits");
    }
    std::copy(bytes.value().begin(), bytes.value().end(), hash.begin());
    hashes.push_back(hash);
  }
  return hashes;
}

// A lottery number as cut-offs show it, and the position that decides between equal ones.
struct Number {
  std::string text;
  std::int64_t position = 0;
  friend bool operator<(const Number& a, const Number& b) {
    // Without a seed numbers are decimal and not padded.
    const bool decimal = !a.text.empty() && a.text.front() == '#';
    if (decimal && a.text.size() != b.text.size()) return a.text.size() < b.text.size();
    if (a.text != b.text) return a.text < b.text;
    return a.position < b.position;
  }
};

Number number_from(const value& json, std::int64_t position) {
  if (json.is_string()) return {std::string(json.get_string()).substr(0, 16), position};
  if (json.is_int64()) return {"#" + std::to_string(json.get_int64()), position};
  return {};
}

// One wish as the receipt describes it.
struct OwnWish {
  std::string section;
  allocate::Section facts;
  bool in_group = false;
  std::int64_t priority_class = 0;
  std::int64_t points = 0;
  const value* cut_off = nullptr;
  std::optional<SectionPrice> price{};
  allocate::Value surcharge{};
};

// The place among the sections that opened again for those with nothing; 0: it is none.
std::int64_t reopened_as(const value& cut_off) {
  const auto* order = member(cut_off, "reopened");
  return order != nullptr && order->is_int64() ? order->get_int64() : 0;
}

constexpr std::int64_t kMostTie = 0xffffffffU;

class Checker {
 public:
  Checker(const value& receipt, const Published& published)
      : receipt_(receipt), published_(published) {}

  Result<ReceiptReport> run() {
    SJ_TRY(check_form());
    const Rule rule = SJ_TRY(rule_of(SJ_TRY(text_of(receipt_, "rule"))));
    const std::string algorithm = SJ_TRY(text_of(receipt_, "algorithm"));
    const auto name = read_algorithm(rule, algorithm);
    if (!name) fault("规则与算法编号不符 (rule and algorithm do not belong together)");
    ignores_priorities_ = algorithm.ends_with("+ignore-prio");
    if (SJ_TRY(text_of(receipt_, "root")) != published_.root) {
      fault("总指纹与公布的不同 (the root is not the published one)");
    }
    SJ_TRY(check_tree());
    SJ_TRY(check_number());
    SJ_TRY(read_wishes());
    SJ_TRY(read_claim());
    SJ_TRY(check_outcome(rule, algorithm));
    std::vector<char> granted(wishes_.size(), 0);
    if (rule == Rule::stable) walk_stable(granted);
    if (rule == Rule::draft || rule == Rule::serial) walk_turns(rule == Rule::draft, granted);
    if (rule == Rule::welfare) {
      check_welfare(granted);
    } else {
      walk_reopened(granted);
    }
    compare_with_claim(rule, granted);
    report_.text += report_.good ? "核验通过 (receipt verified)\n" : "核验不通过 (NOT verified)\n";
    if (report_.good && published_.outcome.empty()) {
      report_.text += "请再核对结果总指纹与公布的是否相同 (compare with the published outcome): " +
                      outcome_root_ + "\n";
    }
    return std::move(report_);
  }

 private:
  void fault(const std::string& what) {
    report_.good = false;
    report_.text += "✗ " + text::one_line(what) + "\n";
  }

  Result<void> check_form() {
    static constexpr auto kNames = std::to_array<std::string_view>(
        {"algorithm", "assignment", "cutoffs", "format", "index", "leaf", "number", "outcome",
         "path", "position", "root", "rule", "sections", "seed", "size", "prices", "surcharges"});
    SJ_TRY(only(receipt_, kNames, "receipt"));
    if (SJ_TRY(number_of(receipt_, "format")) != 2) return bad_receipt("format: 2 is known");
    const bool is_welfare = SJ_TRY(text_of(receipt_, "rule")) == "welfare";
    for (const char* name : {"prices", "surcharges"}) {
      if ((member(receipt_, name) != nullptr) != is_welfare) {
        return bad_receipt(std::string(name) + ": stands in receipts of welfare, and only there");
      }
    }
    const auto* seed = member(receipt_, "seed");
    if (seed == nullptr || (!seed->is_null() && !seed->is_string())) {
      return bad_receipt("seed: a text or null should stand here");
    }
    return {};
  }

  // Whether a leaf leads along the entry's path to a root.
  static Result<bool> leads_to(const std::string& root,
                               const value& entry,
                               const std::string& leaf,
                               std::int64_t index,
                               std::int64_t size) {
    const auto path = SJ_TRY(hashes_of(entry, "path"));
    const PathRoot found =
        root_by_path(leaf, static_cast<std::size_t>(std::max<std::int64_t>(0, index)),
                     static_cast<std::size_t>(std::max<std::int64_t>(0, size)), path);
    return index >= 0 && found.good && text::to_hex(found.root) == root;
  }

  Result<void> check_path(const value& entry, std::int64_t size, const std::string& what) {
    const auto* leaf = member(entry, "leaf");
    if (leaf == nullptr || !leaf->is_object())
      return bad_receipt("leaf: an object should stand here");
    const std::int64_t index = SJ_TRY(number_of(entry, "index"));
    if (!SJ_TRY(leads_to(published_.root, entry, json::canonical(*leaf), index, size))) {
      fault(what + " 不在公布的哈希树里 (does not lead to the published root)");
    }
    return {};
  }

  // That the tree over the outcome holds what the receipt says of the draw, of every wished
  // section and of the child.
  Result<void> check_outcome(Rule rule, const std::string& algorithm) {
    const value& outcome = *SJ_TRY(object_of(
        receipt_, "outcome", {"head", "leaves", "points", "root", "sections", "student"}));
    outcome_root_ = SJ_TRY(text_of(outcome, "root"));
    if (!is_root(outcome_root_)) {
      return bad_receipt("outcome.root: not a hash of 64 digits");
    }
    if (!published_.outcome.empty() && outcome_root_ != published_.outcome) {
      fault("结果总指纹与公布的不同 (the root of the outcome is not the published one)");
    }
    const auto* points = member(outcome, "points");
    if (points == nullptr || !points->is_bool()) {
      return bad_receipt("outcome.points: true or false should stand here");
    }
    has_points_ = points->get_bool();
    const auto* seed = member(receipt_, "seed");
    OutcomeHead head{.algorithm = algorithm,
                     .root = SJ_TRY(text_of(receipt_, "root")),
                     .seed = std::nullopt,
                     .size = SJ_TRY(number_of(receipt_, "size")),
                     .leaves = SJ_TRY(number_of(outcome, "leaves")),
                     .points = has_points_};
    if (seed->is_string()) head.seed = std::string(seed->get_string());
    const value& top = *SJ_TRY(object_of(outcome, "head", {"path"}));
    if (!SJ_TRY(leads_to(outcome_root_, top, head_leaf(head), 0, head.leaves))) {
      fault("规则、种子或份数不是公布结果的 (rule, seed or size are not those of the outcome)");
    }
    const auto& parts = *SJ_TRY(array_of(outcome, "sections"));
    if (parts.size() != wishes_.size()) return bad_receipt("outcome.sections: one for each wish");
    for (std::size_t i = 0; i < parts.size(); ++i) {
      static constexpr auto kPart = std::to_array<std::string_view>({"index", "path"});
      SJ_TRY(only(parts[i], kPart, "outcome.sections"));
      OwnWish& wish = wishes_[i];
      if (rule == Rule::welfare) SJ_TRY(read_price(wish));
      const std::string leaf =
          section_leaf(wish.section, json::canonical(*wish.cut_off), wish.price);
      if (!SJ_TRY(leads_to(outcome_root_, parts[i], leaf, SJ_TRY(number_of(parts[i], "index")),
                           head.leaves))) {
        fault(wish.section + ": 录取线不是公布结果的 (the cut-off is not that of the outcome)");
      }
    }
    if (rule == Rule::welfare) SJ_TRY(check_price_names());
    std::vector<std::pair<std::string, allocate::Value>> surcharges;
    if (rule == Rule::welfare) surcharges = SJ_TRY(read_surcharges());
    const value& own = *SJ_TRY(object_of(outcome, "student", {"index", "path"}));
    const std::string leaf =
        student_leaf(SJ_TRY(text_of(*member(receipt_, "leaf"), "student")), claimed_,
                     json::canonical(*member(receipt_, "number")), own_.position, surcharges);
    if (!SJ_TRY(leads_to(outcome_root_, own, leaf, SJ_TRY(number_of(own, "index")), head.leaves))) {
      fault("录取、抽签号或位次不是公布结果的 (seats, number or position are not in the outcome)");
    }
    return {};
  }

  Result<void> check_price_names() {
    std::vector<std::string_view> names;
    for (const OwnWish& wish : wishes_) names.emplace_back(wish.section);
    return only(*member(receipt_, "prices"), names, "prices");
  }

  Result<void> read_price(OwnWish& wish) {
    const auto* entry = member(*member(receipt_, "prices"), wish.section);
    if (entry == nullptr) return {};
    static constexpr auto kNames = std::to_array<std::string_view>({"price", "scale", "unit"});
    SJ_TRY(only(*entry, kNames, "prices"));
    const auto* levels = member(*entry, "price");
    if (levels == nullptr) return bad_receipt("prices: a price is missing");
    wish.price =
        SectionPrice{SJ_TRY(price_of(*levels, "prices")), SJ_TRY(number_of(*entry, "scale")),
                     SJ_TRY(number_of(*entry, "unit"))};
    return {};
  }

  Result<std::vector<std::pair<std::string, allocate::Value>>> read_surcharges() {
    std::vector<std::pair<std::string, allocate::Value>> surcharges;
    const auto* all = member(receipt_, "surcharges")->if_object();
    if (all == nullptr) return bad_receipt("surcharges: an object should stand here");
    for (const auto& entry : *all) {
      surcharges.emplace_back(entry.key(), SJ_TRY(price_of(entry.value(), "surcharges")));
      const auto wish = std::find_if(wishes_.begin(), wishes_.end(), [&](const OwnWish& one) {
        return one.section == surcharges.back().first;
      });
      if (wish == wishes_.end()) return bad_receipt("surcharges: for a section without a wish");
      wish->surcharge = surcharges.back().second;
    }
    std::sort(surcharges.begin(), surcharges.end());
    return surcharges;
  }

  Result<void> check_tree() {
    const std::int64_t size = SJ_TRY(number_of(receipt_, "size"));
    SJ_TRY(check_path(receipt_, size, "本人志愿"));
    for (const value& section : *SJ_TRY(array_of(receipt_, "sections"))) {
      static constexpr auto kPart = std::to_array<std::string_view>({"index", "leaf", "path"});
      SJ_TRY(only(section, kPart, "sections"));
      SJ_TRY(check_path(section, size, "班的资料"));
    }
    return {};
  }

  Result<void> check_number() {
    const value& leaf = *member(receipt_, "leaf");
    const auto* seed = member(receipt_, "seed");
    const bool has_seed = seed != nullptr && seed->is_string();
    if (!has_seed) {
      if (!published_.seed.empty()) fault("本次摇号没有种子 (the draw had no seed)");
      const std::int64_t lottery = SJ_TRY(number_of(leaf, "lottery"));
      if (lottery != SJ_TRY(number_of(receipt_, "number"))) {
        fault("抽签号与登记的不同 (the lottery number is not the one of the inputs)");
      }
      own_.position = SJ_TRY(number_of(receipt_, "position"));
      own_.text = "#" + std::to_string(lottery);
      return {};
    }
    const std::string published = SJ_TRY(normal_seed(published_.seed));
    if (published != std::string_view(seed->get_string())) {
      fault("种子与公布的不同 (the seed is not the published one)");
    }
    const std::string token = member(leaf, "token") != nullptr ? SJ_TRY(text_of(leaf, "token"))
                                                               : SJ_TRY(text_of(leaf, "student"));
    Hasher hasher;
    const std::string number = text::to_hex(hasher.hash({published, "|", token}));
    if (number != SJ_TRY(text_of(receipt_, "number"))) {
      fault("抽签号算出来不是这个 (the lottery number does not follow from seed and token)");
    }
    own_.position = SJ_TRY(number_of(receipt_, "position"));
    own_.text = number.substr(0, 16);
    return {};
  }

  Result<void> read_wishes() {
    const value& leaf = *member(receipt_, "leaf");
    const auto& sections = *SJ_TRY(array_of(receipt_, "sections"));
    const auto& prefs = *SJ_TRY(array_of(leaf, "prefs"));
    quota_ = SJ_TRY(number_of(leaf, "quota"));
    own_id_ = SJ_TRY(text_of(leaf, "student"));
    std::vector<std::string> names;
    const auto name_number = [&](const value* name) {
      if (name == nullptr) return -1;
      const std::string text = json::canonical(*name);
      const auto found = std::find(names.begin(), names.end(), text);
      if (found == names.end()) names.push_back(text);
      return static_cast<int>(std::find(names.begin(), names.end(), text) - names.begin());
    };
    if (sections.size() != prefs.size()) return bad_receipt("sections: not one for each wish");
    for (std::size_t i = 0; i < prefs.size(); ++i) {
      const value& facts = *member(sections[i], "leaf");
      OwnWish wish;
      wish.section = SJ_TRY(text_of(facts, "section"));
      if (!prefs[i].is_string() || wish.section != std::string_view(prefs[i].get_string())) {
        return bad_receipt("sections: not in the order of the wishes");
      }
      wish.in_group = member(facts, "group") != nullptr;
      wish.facts.slot = name_number(member(facts, "slot"));
      wish.facts.course = name_number(member(facts, "course"));
      if (member(facts, "days") != nullptr) {
        for (const value& day : *SJ_TRY(array_of(facts, "days"))) {
          wish.facts.days.push_back(name_number(&day));
        }
        wish.facts.start_min = static_cast<int>(SJ_TRY(number_of(facts, "start")));
        wish.facts.end_min = static_cast<int>(SJ_TRY(number_of(facts, "end")));
      }
      if (const auto* classes = member(leaf, "prio"); classes != nullptr && !ignores_priorities_) {
        if (member(*classes, wish.section) != nullptr) {
          wish.priority_class = SJ_TRY(number_of(*classes, wish.section));
        }
      }
      if (const auto* points = member(leaf, "util");
          points != nullptr && member(*points, wish.section) != nullptr) {
        wish.points = SJ_TRY(number_of(*points, wish.section));
      }
      wish.facts.cap = static_cast<int>(SJ_TRY(number_of(facts, "cap")));
      if (member(facts, "min") != nullptr) {
        wish.facts.min = static_cast<int>(SJ_TRY(number_of(facts, "min")));
      }
      const auto* cut_offs = member(receipt_, "cutoffs");
      wish.cut_off = cut_offs == nullptr ? nullptr : member(*cut_offs, wish.section);
      if (wish.cut_off == nullptr)
        return bad_receipt("cutoffs: \"" + wish.section + "\" is missing");
      wishes_.push_back(std::move(wish));
    }
    const auto* all = member(receipt_, "cutoffs");
    const auto* cut_offs = all == nullptr ? nullptr : all->if_object();
    if (cut_offs == nullptr || cut_offs->size() != wishes_.size()) {
      return bad_receipt("cutoffs: one for each wish should stand here");
    }
    return {};
  }

  [[nodiscard]] bool fits(std::size_t wish, const std::vector<char>& granted) const {
    if (std::count(granted.begin(), granted.end(), 1) >= quota_) return false;
    for (std::size_t other = 0; other < wishes_.size(); ++other) {
      if (granted[other] != 0 && allocate::conflict(wishes_[other].facts, wishes_[wish].facts)) {
        return false;
      }
    }
    return true;
  }

  [[nodiscard]] Number number_in(const value& cut_off) const {
    const auto* position = member(cut_off, "position");
    const auto* number = member(cut_off, "number");
    if (number == nullptr || position == nullptr || !position->is_int64()) return {};
    return number_from(*number, position->get_int64());
  }

  // Whether the cut-off lets the own key in.
  [[nodiscard]] bool admitted(const OwnWish& wish) const {
    if (wish.cut_off->is_null()) return true;
    if (!wish.cut_off->is_object() || reopened_as(*wish.cut_off) != 0) return false;
    return admitted_by(*wish.cut_off, wish);
  }

  // By the last one in, of the own class where classes have their own.
  [[nodiscard]] bool admitted_by(const value& cut_off, const OwnWish& wish) const {
    const value* entry = &cut_off;
    if (const auto* classes = member(cut_off, "classes");
        classes != nullptr && classes->is_array()) {
      entry = nullptr;
      for (const value& one : classes->get_array()) {
        if (class_of(one) == wish.priority_class) entry = &one;
      }
      if (entry == nullptr || member(*entry, "none") != nullptr) return false;
      if (member(*entry, "open") != nullptr) return true;
    }
    if (class_of(*entry) != wish.priority_class) return wish.priority_class > class_of(*entry);
    return was_before(number_in(*entry), wish, true);
  }

  // Whether the own number comes before the last one in (`ascending`: smaller is before). If it is
  // the last one in itself, it got the seat; but in a group perhaps another one of the group, and
  // how many were left a receipt cannot show: there the stated result is believed.
  [[nodiscard]] bool was_before(const Number& last, const OwnWish& wish, bool ascending) const {
    if (last < own_) return !ascending;
    if (own_ < last) return ascending;
    return !wish.in_group ||
           std::find(claimed_.begin(), claimed_.end(), wish.section) != claimed_.end();
  }

  void walk_stable(std::vector<char>& granted) const {
    for (std::size_t wish = 0; wish < wishes_.size(); ++wish) {
      if (admitted(wishes_[wish]) && fits(wish, granted)) granted[wish] = 1;
    }
  }

  // Whether the section was still open at the own turn: the turn that used it up came later.
  [[nodiscard]] bool open_at_turn(const OwnWish& wish, int round, bool release) const {
    if (wish.cut_off->is_null()) return true;
    if (!wish.cut_off->is_object() || reopened_as(*wish.cut_off) != 0) return false;
    const value* event = nullptr;
    if (const auto* phases = member(*wish.cut_off, "phases");
        phases != nullptr && phases->is_array()) {
      for (const value& one : phases->get_array()) {
        const auto* flag = member(one, "release");
        if (class_of(one) == wish.priority_class && flag != nullptr && flag->is_bool() &&
            flag->get_bool() == release) {
          event = &one;
        }
      }
      if (event == nullptr) return true;
    } else {
      if (class_of(*wish.cut_off) != wish.priority_class) {
        return class_of(*wish.cut_off) < wish.priority_class;
      }
      if (release) return false;
      event = wish.cut_off;
    }
    const auto* filled = member(*event, "round");
    if (filled == nullptr || !filled->is_int64()) return false;
    if (filled->get_int64() != round) return round < filled->get_int64();
    return was_before(number_in(*event), wish, round % 2 == 1);
  }

  void walk_turns(bool one_by_one, std::vector<char>& granted) const {
    for (const bool release : {false, true}) {
      bool took = true;
      for (int round = 1; took; ++round) {
        took = false;
        for (std::size_t wish = 0; wish < wishes_.size(); ++wish) {
          if (granted[wish] != 0 || !fits(wish, granted) ||
              !open_at_turn(wishes_[wish], round, release)) {
            continue;
          }
          granted[wish] = 1;
          took = true;
          if (one_by_one) break;
        }
        if (!one_by_one) break;
      }
    }
  }

  // Who got nothing so far takes the first that opened again and lets it in.
  void walk_reopened(std::vector<char>& granted) const {
    if (std::count(granted.begin(), granted.end(), 1) > 0) return;
    std::size_t first = wishes_.size();
    for (std::size_t wish = 0; wish < wishes_.size(); ++wish) {
      const value& cut_off = *wishes_[wish].cut_off;
      const std::int64_t order = reopened_as(cut_off);
      const bool earlier = first == wishes_.size() || order < reopened_as(*wishes_[first].cut_off);
      const bool all_in =
          member(cut_off, "classes") == nullptr && member(cut_off, "class") == nullptr;
      if (order != 0 && earlier && (all_in || admitted_by(cut_off, wishes_[wish]))) first = wish;
    }
    if (first < wishes_.size()) granted[first] = 1;
  }

  // `welfare`: what is claimed must be possible, and at the published prices nothing the child
  // could have had instead may be worth more; only then the bound of the proof can hold.
  void check_welfare(std::vector<char>& granted) {
    for (std::size_t wish = 0; wish < wishes_.size(); ++wish) {
      if (std::find(claimed_.begin(), claimed_.end(), wishes_[wish].section) == claimed_.end()) {
        continue;
      }
      if (!fits(wish, granted)) fault(wishes_[wish].section + ": 与其他录取冲突 (conflicts)");
      if (wishes_[wish].cut_off->is_string() && wishes_[wish].cut_off->get_string() == "closed") {
        fault(wishes_[wish].section + ": 未开班却录取 (granted though closed)");
      }
      granted[wish] = 1;
    }
    const bool priced = std::all_of(wishes_.begin(), wishes_.end(),
                                    [](const OwnWish& wish) { return wish.price.has_value(); });
    if (wishes_.empty()) return;
    if (!priced) {
      report_.text += "本部分的证明有分支,单凭回执看不出 (this part's proof has branches)\n";
      return;
    }
    check_prices(granted);
  }

  void check_prices(const std::vector<char>& granted) {
    allocate::Market market;
    for (std::size_t wish = 0; wish < wishes_.size(); ++wish) {
      market.sections.push_back(wishes_[wish].facts);
      market.wishes.push_back({static_cast<int>(wish), 0, 0});
    }
    const std::int64_t scale = wishes_.front().price->scale;
    const std::int64_t unit = wishes_.front().price->unit;
    // What no proof can hold; its figures fit into 64 bits.
    constexpr std::int64_t kMost = std::int64_t{1} << 60U;
    const bool possible = scale > 0 && unit > 0 && own_.position > 0 && unit <= kMost / scale &&
                          own_.position <= kMost / scale && kMostTie <= kMost / scale;
    if (!possible) return fault("价格或位次不可能 (prices or position out of range)");
    std::vector<allocate::Value> weights;
    std::vector<char> allowed;
    allocate::Value own{};
    Hasher hasher;
    for (std::size_t i = 0; i < wishes_.size(); ++i) {
      const OwnWish& wish = wishes_[i];
      const auto hash = hasher.hash({published_.seed, "|", own_id_, "|", wish.section});
      const std::int64_t tie = static_cast<std::int64_t>(hash[0]) << 24U |
                               static_cast<std::int64_t>(hash[1]) << 16U |
                               static_cast<std::int64_t>(hash[2]) << 8U | hash[3];
      const auto rank = static_cast<std::int64_t>(i) + 1;
      allocate::Value weight = {has_points_ ? unit + wish.points : unit - rank, -own_.position,
                                -tie};
      for (auto& level : weight) level *= scale;
      weight -= wish.price->price;
      weight -= wish.surcharge;
      weights.push_back(weight);
      const bool no_seat = wish.facts.cap == 0 || wish.facts.min > wish.facts.cap;
      allowed.push_back(static_cast<char>(!no_seat));
      if (granted[i] != 0) own += weight;
    }
    allocate::BundleSearch<allocate::Value> search;
    const auto conflicts = allocate::make_conflicts(market, market.wishes);
    const int quota = static_cast<int>(quota_);
    if (!search.run(conflicts, quota, weights, allowed, {})) return;
    allocate::Value limit = own;
    limit[2] += scale;
    if (!(search.weight() < limit)) {
      fault(
          "按公布的价格,另一种录取对本人更值 (at the published prices another bundle is worth "
          "more)");
    }
  }

  static std::int64_t class_of(const value& cut_off) {
    const auto* found = member(cut_off, "class");
    return found != nullptr && found->is_int64() ? found->get_int64() : -1;
  }

  Result<void> read_claim() {
    for (const value& section : *SJ_TRY(array_of(receipt_, "assignment"))) {
      if (!section.is_string()) return bad_receipt("assignment: a text should stand here");
      claimed_.emplace_back(section.get_string());
    }
    return {};
  }

  void compare_with_claim(Rule rule, const std::vector<char>& granted) {
    std::vector<std::string> own;
    for (std::size_t wish = 0; wish < wishes_.size(); ++wish) {
      if (granted[wish] != 0) own.push_back(wishes_[wish].section);
      report_.text += std::to_string(wish + 1) + ". " + text::one_line(wishes_[wish].section) +
                      ": " +
                      (granted[wish] != 0 ? "录取 (granted)" : why_not(wish, rule, granted)) +
                      "  录取线 " + json::canonical(*wishes_[wish].cut_off) + "\n";
    }
    if (own != claimed_) {
      fault("按公布的录取线算出的结果与回执不同 (the cut-offs give another result)");
    }
  }

  [[nodiscard]] std::string why_not(std::size_t wish,
                                    Rule rule,
                                    const std::vector<char>& granted) const {
    if (wishes_[wish].cut_off->is_string() && rule != Rule::welfare) return "未开班 (closed)";
    for (std::size_t other = 0; other < wish; ++other) {
      if (granted[other] != 0 && allocate::conflict(wishes_[other].facts, wishes_[wish].facts)) {
        return "与更靠前的录取冲突 (conflicts with a better one granted)";
      }
    }
    if (std::count(granted.begin(), granted.begin() + static_cast<std::ptrdiff_t>(wish), 1) >=
        quota_) {
      return "可选门数已用完 (quota used up by better ones)";
    }
    if (reopened_as(*wishes_[wish].cut_off) != 0) {
      return "重新开班时只收未获任何名额者,至录取线为止 (reopened for those with nothing)";
    }
    if (rule == Rule::welfare) return "总体最优方案未给 (not in the best assignment)";
    return "排在录取线之后 (after the cut-off)";
  }

  const value& receipt_;
  const Published& published_;
  ReceiptReport report_{.good = true, .text = {}};
  std::vector<OwnWish> wishes_;
  std::vector<std::string> claimed_;
  std::int64_t quota_ = 0;
  bool ignores_priorities_ = false;
  bool has_points_ = false;
  std::string own_id_;
  std::string outcome_root_;
  Number own_;
};

}  // namespace

Result<ReceiptReport> check_receipt(std::string_view receipt, const Published& published) {
  if (!is_root(published.root)) {
    return Error{ErrorKind::invalid, "draw.bad_root",
                 "--root: 64 digits 0-9 a-f should stand here"};
  }
  const value json = SJ_TRY(json::parse(receipt));
  if (member(json, "leaf") == nullptr) return bad_receipt("leaf: is missing");
  if (!published.outcome.empty() && !is_root(published.outcome)) {
    return Error{ErrorKind::invalid, "draw.bad_root",
                 "--outcome: 64 digits 0-9 a-f should stand here"};
  }
  return Checker(json, published).run();
}

}  // namespace sj::draw
