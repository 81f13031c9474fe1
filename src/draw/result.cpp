#include "draw/result.h"

#include <algorithm>

#include "kernel/base/check.h"
#include "kernel/base/sha256.h"
#include "kernel/json/json.h"
#include "kernel/json/writer.h"
#include "kernel/text/text.h"

namespace sj::draw {
namespace {

using allocate::at;
using allocate::Certificate;
using allocate::CutOff;
using allocate::ProofNode;

constexpr std::string_view kIgnoringPriorities = "+ignore-prio";
constexpr std::size_t kDigitsShown = 16;

void write_last(json::Writer& out, const Instance& instance, const CutOff& cut_off) {
  out.key("number");
  if (cut_off.student < 0) {
    out.null().key("position").value(0);
    return;
  }
  out.raw(render_number(instance, cut_off.student));
  out.key("position").value(at(instance.market.positions, cut_off.student));
}

void write_turn(json::Writer& out, const Instance& instance, const CutOff& cut_off, bool phases) {
  out.begin_object().key("class").value(cut_off.priority_class);
  write_last(out, instance, cut_off);
  if (phases) out.key("release").value(cut_off.release);
  out.key("round").value(cut_off.round).key("turn").value(cut_off.turn).end_object();
}

void write_class(json::Writer& out, const Instance& instance, const CutOff& cut_off) {
  out.begin_object().key("class").value(cut_off.priority_class);
  switch (cut_off.kind) {
    case CutOff::Kind::open:
      out.key("open").value(true);
      break;
    case CutOff::Kind::none:
      out.key("none").value(true);
      break;
    case CutOff::Kind::last:
      write_last(out, instance, cut_off);
      break;
    case CutOff::Kind::full:
      break;
  }
  out.end_object();
}

void write_price(json::Writer& out, std::string_view id, const allocate::Value& price) {
  out.key(id).begin_array();
  for (const std::int64_t level : price) out.value(level);
  out.end_array();
}

// The tree is written and read by recursion; its depth is bounded by the search's 4,000 nodes.
constexpr std::size_t kCertificateDepthMax = 4'100;

void write_node(json::Writer& out,
                const Instance& instance,
                const std::vector<ProofNode>& nodes,
                int index) {
  const ProofNode& node = at(nodes, index);
  const auto section = [&](int i) -> const std::string& { return at(instance.section_ids, i); };
  out.begin_object();
  switch (node.kind) {
    case ProofNode::Kind::leaf:
      out.key("groups").begin_object();
      for (const auto& price : node.group_prices) {
        write_price(out, at(instance.group_ids, price.index), price.price);
      }
      out.end_object().key("prices").begin_object();
      for (const auto& price : node.prices) write_price(out, section(price.index), price.price);
      out.end_object().key("scale").value(node.scale).key("surcharges").begin_object();
      for (std::size_t i = 0; i < node.surcharges.size(); ++i) {
        const auto& surcharge = node.surcharges[i];
        const bool first = i == 0 || node.surcharges[i - 1].section != surcharge.section;
        if (first && i > 0) out.end_object();
        if (first) out.key(section(surcharge.section)).begin_object();
        write_price(out, at(instance.student_ids, surcharge.student), surcharge.price);
      }
      if (!node.surcharges.empty()) out.end_object();
      out.end_object();
      break;
    case ProofNode::Kind::section_branch:
      out.key("closed");
      write_node(out, instance, nodes, node.second);
      out.key("open");
      write_node(out, instance, nodes, node.first);
      out.key("section").value(section(node.section));
      break;
    case ProofNode::Kind::wish_branch:
      out.key("section").value(section(node.section)).key("skip");
      write_node(out, instance, nodes, node.second);
      out.key("student").value(at(instance.student_ids, node.student)).key("take");
      write_node(out, instance, nodes, node.first);
      break;
  }
  out.end_object();
}

std::string render_certificate(const Instance& instance, const Certificate& certificate) {
  json::Writer components;
  components.begin_array();
  for (const auto& component : certificate) {
    components.begin_object().key("gap");
    if (component.gap) {
      components.begin_object().key("seats").value(component.gap->seats);
      components.key("unit").value(component.gap->unit).end_object();
    } else {
      components.null();
    }
    components.key("root");
    write_node(components, instance, component.nodes, 0);
    components.key("unit").value(component.unit).end_object();
  }
  components.end_array();
  json::Writer bare;
  bare.begin_object().key("components").raw(components.text()).key("format").value(1).end_object();
  Hasher hasher;
  json::Writer out;
  out.begin_object().key("components").raw(components.text()).key("format").value(1);
  out.key("sha256").value(text::to_hex(hasher.hash({bare.text()})));
  return out.end_object().take();
}

// It is no result file at all.
Error bad_result(const std::string& what) {
  return {ErrorKind::invalid, "draw.bad_result", what};
}
// It is one, but says what cannot be true.
Error false_result(const std::string& what) {
  return {ErrorKind::conflict, "draw.not_verified", what};
}

const boost::json::value* member(const boost::json::value& of, std::string_view name) {
  const auto* object = of.if_object();
  return object == nullptr ? nullptr : object->if_contains(name);
}

Result<std::string> text_member(const boost::json::value& of, std::string_view name) {
  const auto* found = member(of, name);
  if (found == nullptr || !found->is_string()) {
    return bad_result(std::string(name) + ": a text should stand here");
  }
  return std::string(found->get_string());
}

// Reads a certificate as strictly as it is written: `render` must give the same bytes again.
class CertificateReader {
 public:
  explicit CertificateReader(const Instance& instance) : instance_(instance) {}

  Result<Certificate> read(const boost::json::value& json) {
    const auto* components = member(json, "components");
    if (components == nullptr || !components->is_array()) {
      return false_result("certificate.components: an array should stand here");
    }
    Certificate certificate;
    for (const auto& component : components->get_array()) {
      allocate::ComponentProof proof;
      proof.unit = SJ_TRY(number(component, "unit"));
      if (const auto* gap = member(component, "gap"); gap != nullptr && !gap->is_null()) {
        proof.gap = allocate::Gap{SJ_TRY(number(*gap, "seats")), SJ_TRY(number(*gap, "unit"))};
      }
      const auto* root = member(component, "root");
      if (root == nullptr) return false_result("certificate.components: a component has no root");
      nodes_ = &proof.nodes;
      static_cast<void>(SJ_TRY(read_node(*root)));
      certificate.push_back(std::move(proof));
    }
    return certificate;
  }

 private:
  static Result<std::int64_t> number(const boost::json::value& of, std::string_view name) {
    const auto* found = member(of, name);
    if (found == nullptr || !found->is_int64()) {
      return false_result("certificate: " + std::string(name) + " should be a whole number");
    }
    return found->get_int64();
  }

  static Result<std::string> text(const boost::json::value& of, std::string_view name) {
    const auto* found = member(of, name);
    if (found == nullptr || !found->is_string()) {
      return false_result("certificate: " + std::string(name) + " should be a text");
    }
    return std::string(found->get_string());
  }

  Result<int> section(const boost::json::value& of) const {
    const int found = instance_.find_section(SJ_TRY(text(of, "section")));
    if (found < 0) return false_result("certificate: a branch names an unknown section");
    return found;
  }

  // Gives the index of the node read.
  Result<int> read_node(const boost::json::value& json) {
    const int index = static_cast<int>(nodes_->size());
    nodes_->emplace_back();
    ProofNode node;
    if (member(json, "open") != nullptr && member(json, "closed") != nullptr) {
      node.kind = ProofNode::Kind::section_branch;
      node.section = SJ_TRY(section(json));
      node.first = SJ_TRY(read_node(*member(json, "open")));
      node.second = SJ_TRY(read_node(*member(json, "closed")));
    } else if (member(json, "take") != nullptr && member(json, "skip") != nullptr) {
      node.kind = ProofNode::Kind::wish_branch;
      node.section = SJ_TRY(section(json));
      node.student = instance_.find_student(SJ_TRY(text(json, "student")));
      if (node.student < 0) return false_result("certificate: a branch names an unknown student");
      node.first = SJ_TRY(read_node(*member(json, "take")));
      node.second = SJ_TRY(read_node(*member(json, "skip")));
    } else {
      node.scale = SJ_TRY(number(json, "scale"));
      SJ_TRY(read_prices(json, "prices", instance_.section_ids, node.prices));
      SJ_TRY(read_prices(json, "groups", instance_.group_ids, node.group_prices));
      SJ_TRY(read_surcharges(json, node.surcharges));
    }
    at(*nodes_, index) = std::move(node);
    return index;
  }

  static Result<void> read_prices(const boost::json::value& of,
                                  std::string_view name,
                                  const std::vector<std::string>& ids,
                                  std::vector<ProofNode::Price>& prices) {
    const auto* object = member(of, name);
    if (object == nullptr || !object->is_object()) {
      return false_result("certificate: a leaf has no " + std::string(name));
    }
    for (const auto& entry : object->get_object()) {
      const int index = SJ_TRY(find_id(ids, entry.key()));
      prices.push_back({index, SJ_TRY(read_price(entry.value(), entry.key()))});
    }
    return {};
  }

  Result<void> read_surcharges(const boost::json::value& of,
                               std::vector<ProofNode::Surcharge>& surcharges) const {
    const auto* sections = member(of, "surcharges");
    if (sections == nullptr || !sections->is_object()) {
      return false_result("certificate: a leaf has no surcharges");
    }
    for (const auto& entry : sections->get_object()) {
      const int section = SJ_TRY(find_id(instance_.section_ids, entry.key()));
      const auto* students = entry.value().if_object();
      if (students == nullptr) return false_result("certificate: surcharges go by student");
      for (const auto& one : *students) {
        const int student = SJ_TRY(find_id(instance_.student_ids, one.key()));
        surcharges.push_back({section, student, SJ_TRY(read_price(one.value(), one.key()))});
      }
    }
    return {};
  }

  static Result<int> find_id(const std::vector<std::string>& ids, std::string_view id) {
    const auto found = std::lower_bound(ids.begin(), ids.end(), id);
    if (found == ids.end() || *found != id) {
      return false_result("certificate: a price for the unknown \"" + std::string(id) + "\"");
    }
    return static_cast<int>(found - ids.begin());
  }

  static Result<allocate::Value> read_price(const boost::json::value& json, std::string_view id) {
    const auto* levels = json.if_array();
    allocate::Value price{};
    if (levels == nullptr || levels->size() != price.size()) {
      return false_result("certificate: no good price of \"" + std::string(id) + "\"");
    }
    for (std::size_t level = 0; level < price.size(); ++level) {
      const auto* whole = (*levels)[level].if_int64();
      if (whole == nullptr || *whole > kMostPrice || *whole < -kMostPrice) {
        return false_result("certificate: a price of \"" + std::string(id) +
                            "\" is no whole number below 2^53");
      }
      price[level] = *whole;
    }
    return price;
  }

  static constexpr std::int64_t kMostPrice = std::int64_t{1} << 53U;
  const Instance& instance_;
  std::vector<ProofNode>* nodes_ = nullptr;
};

Result<void> read_assignment(const boost::json::value& json,
                             const Instance& instance,
                             std::vector<char>& held) {
  const auto* object = json.if_object();
  if (object == nullptr) return bad_result("assignment: an object should stand here");
  held.assign(instance.market.wishes.size(), 0);
  for (const auto& entry : *object) {
    const std::string id(entry.key());
    const int student = instance.find_student(id);
    if (student < 0) return false_result("assignment: no student has the id \"" + id + "\"");
    const auto* sections = entry.value().if_array();
    if (sections == nullptr) return bad_result("assignment." + id + ": an array should stand here");
    for (const auto& section : *sections) {
      const int wanted = section.is_string() ? instance.find_section(section.get_string()) : -1;
      const auto list = instance.market.list(student);
      const auto wish = std::find_if(list.begin(), list.end(),
                                     [&](const auto& line) { return line.section == wanted; });
      if (wanted < 0 || wish == list.end()) {
        return false_result("assignment." + id + ": holds a section that is not on its list");
      }
      at(held, instance.market.wish_begin(student) + (wish - list.begin())) = 1;
    }
  }
  return {};
}

std::string render_cut_off(const Instance& instance,
                           const Drawn& drawn,
                           const allocate::Gates& gates,
                           int section) {
  const allocate::Section& facts = at(instance.market.sections, section);
  json::Writer out;
  const bool no_seat =
      facts.cap == 0 || (facts.group >= 0 && at(instance.market.group_caps, facts.group) == 0);
  if (no_seat || at(drawn.outcome.assignment.closed, section) != 0) {
    return out.value("closed").take();
  }
  const auto& entries = at(drawn.outcome.cut_offs, section);
  const bool in_turns = drawn.rule == Rule::draft || drawn.rule == Rule::serial;
  if (entries.empty()) return out.null().take();
  if (drawn.rule == Rule::welfare) return out.value("full").take();
  if (gates.has_reserves(gates.gate_of(section))) {
    out.begin_object().key(in_turns ? "phases" : "classes").begin_array();
    for (const CutOff& entry : entries) {
      if (entry.kind == CutOff::Kind::full) continue;
      if (in_turns) {
        write_turn(out, instance, entry, true);
      } else {
        write_class(out, instance, entry);
      }
    }
    return out.end_array().end_object().take();
  }
  if (in_turns) {
    write_turn(out, instance, entries.front(), false);
  } else {
    write_class(out, instance, entries.front());
  }
  return out.take();
}

// A section that opened again for those with nothing, as the `order`-th.
std::string render_aside(const Instance& instance, const Drawn& drawn, int section, int order) {
  const auto& entries = at(drawn.outcome.cut_offs, section);
  json::Writer out;
  out.begin_object();
  if (entries.empty()) return out.key("reopened").value(order).end_object().take();
  if (at(instance.market.sections, section).reserves.empty()) {
    out.key("class").value(entries.front().priority_class);
    write_last(out, instance, entries.front());
  } else {
    out.key("classes").begin_array();
    for (const CutOff& entry : entries) write_class(out, instance, entry);
    out.end_array();
  }
  return out.key("reopened").value(order).end_object().take();
}

}  // namespace

std::string_view name_of(Rule rule) {
  switch (rule) {
    case Rule::welfare:
      return "welfare";
    case Rule::stable:
      return "stable";
    case Rule::draft:
      return "draft";
    case Rule::serial:
      return "serial";
  }
  return "";
}

Result<Rule> rule_of(std::string_view name) {
  for (const Rule rule : {Rule::welfare, Rule::stable, Rule::draft, Rule::serial}) {
    if (name_of(rule) == name) return rule;
  }
  return Error{ErrorKind::invalid, "draw.unknown_rule",
               "\"" + std::string(name) + "\" is not one of welfare, stable, draft, serial"};
}

std::string algorithm_of(const Drawn& drawn) {
  std::string id = std::string(name_of(drawn.rule));
  id += drawn.rule == Rule::welfare || drawn.edition == allocate::Edition::first ? "-1" : "-2";
  if (drawn.ignores_priorities) id += kIgnoringPriorities;
  return id;
}

std::optional<AlgorithmName> read_algorithm(Rule rule, std::string_view algorithm) {
  for (const auto edition : {allocate::Edition::second, allocate::Edition::first}) {
    for (const bool ignores : {false, true}) {
      const Drawn drawn{.rule = rule,
                        .edition = edition,
                        .ignores_priorities = ignores,
                        .seed = std::nullopt,
                        .outcome = {},
                        .certificate = std::nullopt};
      if (algorithm == algorithm_of(drawn)) return AlgorithmName{edition, ignores};
    }
  }
  return std::nullopt;
}

std::string render_number(const Instance& instance, int student) {
  if (instance.numbers.empty()) return std::to_string(at(instance.lottery, student));
  return '"' + at(instance.numbers, student).substr(0, kDigitsShown) + '"';
}

std::vector<std::string> render_cut_offs(const Instance& instance, const Drawn& drawn) {
  const allocate::Gates gates(instance.market);
  std::vector<std::string> texts;
  texts.reserve(static_cast<std::size_t>(instance.market.section_count()));
  for (int section = 0; section < instance.market.section_count(); ++section) {
    texts.push_back(render_cut_off(instance, drawn, gates, section));
  }
  const auto& aside = drawn.outcome.aside;
  for (std::size_t i = 0; i < aside.size(); ++i) {
    at(texts, aside[i]) = render_aside(instance, drawn, aside[i], static_cast<int>(i) + 1);
  }
  return texts;
}

std::string render(const Instance& instance, const Drawn& drawn) {
  const allocate::Market& market = instance.market;
  const allocate::Assignment& assignment = drawn.outcome.assignment;
  json::Writer out;
  out.begin_object().key("algorithm").value(algorithm_of(drawn)).key("assignment").begin_object();
  for (int student = 0; student < market.student_count(); ++student) {
    out.key(at(instance.student_ids, student)).begin_array();
    for (auto wish = market.wish_begin(student); wish < at(market.wish_end, student); ++wish) {
      if (at(assignment.held, wish) == 0) continue;
      out.value(at(instance.section_ids, at(market.wishes, wish).section));
    }
    out.end_array();
  }
  out.end_object().key("certificate");
  if (drawn.certificate) {
    out.raw(render_certificate(instance, *drawn.certificate));
  } else {
    out.null();
  }
  out.key("cutoffs").begin_object();
  const auto cut_offs = render_cut_offs(instance, drawn);
  for (int section = 0; section < market.section_count(); ++section) {
    out.key(at(instance.section_ids, section)).raw(at(cut_offs, section));
  }
  out.end_object().key("format").value(1).key("instance_sha256").value(instance.sha256);
  out.key("rule").value(name_of(drawn.rule)).key("seed");
  if (drawn.seed) {
    out.value(*drawn.seed);
  } else {
    out.null();
  }
  const allocate::Statistics stats = allocate::statistics(market, assignment);
  out.key("stats").begin_object().key("blocking_pairs").value(stats.blocking_pairs);
  out.key("closed").begin_array();
  for (const int section : stats.closed) out.value(at(instance.section_ids, section));
  out.end_array().key("profile").begin_array();
  for (const std::int64_t seats : stats.profile) out.value(seats);
  out.end_array();
  if (drawn.rule != Rule::welfare && drawn.edition == allocate::Edition::second) {
    auto reopened = drawn.outcome.reopened;
    reopened.insert(reopened.end(), drawn.outcome.aside.begin(), drawn.outcome.aside.end());
    std::sort(reopened.begin(), reopened.end());
    out.key("reopened").begin_array();
    for (const int section : reopened) out.value(at(instance.section_ids, section));
    out.end_array();
  }
  out.key("seated").value(stats.seated).key("total_rank").value(stats.total_rank);
  out.key("total_utility");
  if (market.has_points) {
    out.value(stats.total_points);
  } else {
    out.null();
  }
  out.key("with_nothing").value(stats.with_nothing).end_object().key("waiting").begin_object();
  const auto waiting = allocate::waiting_lists(market, assignment);
  for (int section = 0; section < market.section_count(); ++section) {
    out.key(at(instance.section_ids, section)).begin_array();
    for (const int student : at(waiting, section)) out.value(at(instance.student_ids, student));
    out.end_array();
  }
  out.end_object().end_object();
  return out.take() + "\n";
}

Result<Drawn> read_result(std::string_view document, const Instance& instance) {
  const boost::json::value json = SJ_TRY(json::parse(document, kCertificateDepthMax));
  Drawn drawn;
  drawn.rule = SJ_TRY(rule_of(SJ_TRY(text_member(json, "rule"))));
  const auto algorithm = read_algorithm(drawn.rule, SJ_TRY(text_member(json, "algorithm")));
  if (!algorithm) return false_result("algorithm: none of this rule has this name");
  drawn.edition = algorithm->edition;
  drawn.ignores_priorities = algorithm->ignores_priorities;
  if (const auto* seed = member(json, "seed"); seed != nullptr && !seed->is_null()) {
    drawn.seed = SJ_TRY(normal_seed(SJ_TRY(text_member(json, "seed"))));
  }
  const auto* assignment = member(json, "assignment");
  if (assignment == nullptr) return bad_result("assignment: is missing");
  SJ_TRY(read_assignment(*assignment, instance, drawn.outcome.assignment.held));
  if (const auto* found = member(json, "certificate"); found != nullptr && !found->is_null()) {
    drawn.certificate = SJ_TRY(CertificateReader(instance).read(*found));
  }
  return drawn;
}

Summary summary(const Instance& instance, const Drawn& drawn) {
  const auto stats = allocate::statistics(instance.market, drawn.outcome.assignment);
  Summary result{.seated = stats.seated,
                 .total_rank = stats.total_rank,
                 .total_points = std::nullopt,
                 .with_nothing = stats.with_nothing,
                 .blocking_pairs = stats.blocking_pairs,
                 .closed = stats.closed.size(),
                 .largest_gap = std::nullopt};
  if (instance.market.has_points) result.total_points = stats.total_points;
  if (!drawn.certificate) return result;
  for (const auto& component : *drawn.certificate) {
    if (!component.gap) continue;
    if (!result.largest_gap) result.largest_gap = allocate::Gap{};
    result.largest_gap->seats += component.gap->seats;
    result.largest_gap->unit += component.gap->unit;
  }
  return result;
}

}  // namespace sj::draw
