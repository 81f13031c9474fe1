#include "draw/receipt.h"

#include <algorithm>
#include <optional>

#include "kernel/json/json.h"
#include "kernel/json/writer.h"
#include "kernel/text/text.h"

#include "engines/allocate/market.h"

#include "draw/merkle.h"

namespace sj::draw {
namespace {

using allocate::at;
using boost::json::value;

void write_path(json::Writer& out, const HashTree& tree, std::size_t leaf) {
  out.key("path").begin_array();
  for (const Sha256& hash : tree.path(leaf)) out.value(text::to_hex(hash));
  out.end_array();
}

Error bad_receipt(const std::string& what) {
  return {ErrorKind::invalid, "draw.bad_receipt", what};
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
  const value* cut_off = nullptr;
};

class Checker {
 public:
  Checker(const value& receipt, const Published& published)
      : receipt_(receipt), published_(published) {}

  Result<ReceiptReport> run() {
    if (SJ_TRY(number_of(receipt_, "format")) != 1) return bad_receipt("format: 1 is known");
    if (SJ_TRY(text_of(receipt_, "root")) != published_.root) {
      fault("总指纹与公布的不同 (the root is not the published one)");
    }
    SJ_TRY(check_tree());
    SJ_TRY(check_number());
    SJ_TRY(read_wishes());
    SJ_TRY(read_claim());
    const std::string rule = SJ_TRY(text_of(receipt_, "rule"));
    static_cast<void>(SJ_TRY(rule_of(rule)));
    const std::string algorithm = SJ_TRY(text_of(receipt_, "algorithm"));
    if (algorithm != rule + "-1" && algorithm != rule + "-1+ignore-prio") {
      fault("规则与算法编号不符 (rule and algorithm do not belong together)");
    }
    std::vector<char> granted(wishes_.size(), 0);
    if (rule == "stable") walk_stable(granted);
    if (rule == "draft" || rule == "serial") walk_turns(rule == "draft", granted);
    compare_with_claim(rule, granted);
    report_.text += report_.good ? "核验通过 (receipt verified)\n" : "核验不通过 (NOT verified)\n";
    return std::move(report_);
  }

 private:
  void fault(const std::string& what) {
    report_.good = false;
    report_.text += "✗ " + what + "\n";
  }

  Result<void> check_path(const value& entry, std::int64_t size, const std::string& what) {
    const auto* leaf = member(entry, "leaf");
    if (leaf == nullptr) return bad_receipt("leaf: is missing");
    const std::int64_t index = SJ_TRY(number_of(entry, "index"));
    const auto path = SJ_TRY(hashes_of(entry, "path"));
    const PathRoot found = root_by_path(
        json::canonical(*leaf), static_cast<std::size_t>(std::max<std::int64_t>(0, index)),
        static_cast<std::size_t>(std::max<std::int64_t>(0, size)), path);
    if (index < 0 || !found.good || text::to_hex(found.root) != published_.root) {
      fault(what + " 不在公布的哈希树里 (does not lead to the published root)");
    }
    return {};
  }

  Result<void> check_tree() {
    const std::int64_t size = SJ_TRY(number_of(receipt_, "size"));
    SJ_TRY(check_path(receipt_, size, "本人志愿"));
    for (const value& section : *SJ_TRY(array_of(receipt_, "sections"))) {
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
    const bool ignore = SJ_TRY(text_of(receipt_, "algorithm")).ends_with("+ignore-prio");
    quota_ = SJ_TRY(number_of(leaf, "quota"));
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
      if (const auto* classes = member(leaf, "prio"); classes != nullptr && !ignore) {
        if (member(*classes, wish.section) != nullptr) {
          wish.priority_class = SJ_TRY(number_of(*classes, wish.section));
        }
      }
      const auto* cut_offs = member(receipt_, "cutoffs");
      wish.cut_off = cut_offs == nullptr ? nullptr : member(*cut_offs, wish.section);
      if (wish.cut_off == nullptr)
        return bad_receipt("cutoffs: \"" + wish.section + "\" is missing");
      wishes_.push_back(std::move(wish));
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
    if (!wish.cut_off->is_object()) return false;
    const value* entry = wish.cut_off;
    if (const auto* classes = member(*wish.cut_off, "classes");
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
    if (!wish.cut_off->is_object()) return false;
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

  void compare_with_claim(const std::string& rule, std::vector<char>& granted) {
    if (rule == "welfare") {
      std::vector<char> held(wishes_.size(), 0);
      for (std::size_t wish = 0; wish < wishes_.size(); ++wish) {
        if (std::find(claimed_.begin(), claimed_.end(), wishes_[wish].section) == claimed_.end()) {
          continue;
        }
        if (!fits(wish, held)) fault(wishes_[wish].section + ": 与其他录取冲突 (conflicts)");
        held[wish] = 1;
      }
      granted = held;
    }
    std::vector<std::string> own;
    for (std::size_t wish = 0; wish < wishes_.size(); ++wish) {
      if (granted[wish] != 0) own.push_back(wishes_[wish].section);
      report_.text += std::to_string(wish + 1) + ". " + wishes_[wish].section + ": " +
                      (granted[wish] != 0 ? "录取 (granted)" : why_not(wish, rule, granted)) +
                      "  录取线 " + json::canonical(*wishes_[wish].cut_off) + "\n";
    }
    if (own != claimed_) {
      fault("按公布的录取线算出的结果与回执不同 (the cut-offs give another result)");
    }
  }

  [[nodiscard]] std::string why_not(std::size_t wish,
                                    const std::string& rule,
                                    const std::vector<char>& granted) const {
    if (wishes_[wish].cut_off->is_string() && rule != "welfare") return "未开班 (closed)";
    for (std::size_t other = 0; other < wish; ++other) {
      if (granted[other] != 0 && allocate::conflict(wishes_[other].facts, wishes_[wish].facts)) {
        return "与更靠前的录取冲突 (conflicts with a better one granted)";
      }
    }
    if (std::count(granted.begin(), granted.begin() + static_cast<std::ptrdiff_t>(wish), 1) >=
        quota_) {
      return "可选门数已用完 (quota used up by better ones)";
    }
    if (rule == "welfare") return "总体最优方案未给 (not in the best assignment)";
    return "排在录取线之后 (after the cut-off)";
  }

  const value& receipt_;
  const Published& published_;
  ReceiptReport report_{.good = true, .text = {}};
  std::vector<OwnWish> wishes_;
  std::vector<std::string> claimed_;
  std::int64_t quota_ = 0;
  Number own_;
};

}  // namespace

std::string root_of(const Instance& instance) {
  return text::to_hex(HashTree(instance.leaves).root());
}

std::string make_receipt(const Instance& instance, const Drawn& drawn, int student) {
  const HashTree tree(instance.leaves);
  const auto groups = instance.group_ids.size();
  const std::size_t own = groups + instance.section_ids.size() + static_cast<std::size_t>(student);
  const auto list = instance.market.list(student);
  json::Writer out;
  out.begin_object().key("algorithm").value(algorithm_of(drawn)).key("assignment").begin_array();
  for (std::size_t i = 0; i < list.size(); ++i) {
    const auto wish = instance.market.wish_begin(student) + static_cast<std::int64_t>(i);
    if (at(drawn.outcome.assignment.held, wish) == 0) continue;
    out.value(at(instance.section_ids, list[i].section));
  }
  out.end_array().key("cutoffs").begin_object();
  std::vector<int> wished;
  for (const auto& wish : list) wished.push_back(wish.section);
  std::sort(wished.begin(), wished.end());
  for (const int section : wished) {
    out.key(at(instance.section_ids, section)).raw(render_cut_off(instance, drawn, section));
  }
  out.end_object().key("format").value(1).key("index").value(static_cast<std::int64_t>(own));
  out.key("leaf").raw(instance.leaves[own]).key("number");
  if (instance.numbers.empty()) {
    out.value(at(instance.lottery, student));
  } else {
    out.value(at(instance.numbers, student));
  }
  write_path(out, tree, own);
  out.key("position").value(at(instance.market.positions, student));
  out.key("root").value(text::to_hex(tree.root())).key("rule").value(name_of(drawn.rule));
  out.key("sections").begin_array();
  for (const auto& wish : list) {
    const std::size_t leaf = groups + static_cast<std::size_t>(wish.section);
    out.begin_object().key("index").value(static_cast<std::int64_t>(leaf));
    out.key("leaf").raw(instance.leaves[leaf]);
    write_path(out, tree, leaf);
    out.end_object();
  }
  out.end_array().key("seed");
  if (drawn.seed) {
    out.value(*drawn.seed);
  } else {
    out.null();
  }
  out.key("size").value(static_cast<std::int64_t>(instance.leaves.size())).end_object();
  return out.take() + "\n";
}

Result<ReceiptReport> check_receipt(std::string_view receipt, const Published& published) {
  const auto root = text::from_hex(published.root);
  if (!root.ok() || root.value().size() != Sha256{}.size()) {
    return Error{ErrorKind::invalid, "draw.bad_root",
                 "--root: 64 digits 0-9 a-f should stand here"};
  }
  const value json = SJ_TRY(json::parse(receipt));
  if (member(json, "leaf") == nullptr) return bad_receipt("leaf: is missing");
  return Checker(json, published).run();
}

}  // namespace sj::draw
