#include "draw/outcome_tree.h"

#include <algorithm>

#include "kernel/json/writer.h"
#include "kernel/text/text.h"

#include "draw/merkle.h"
#include "draw/receipt.h"

namespace sj::draw {
namespace {

using allocate::at;
using allocate::operator+=;
using Surcharges = std::vector<std::pair<std::string, allocate::Value>>;

// Of each component the only leaf that proves it; none if branches do or a gap is left, or where
// minima decide which sections are open: then its prices are no family's own.
std::vector<const allocate::ProofNode*> single_leaves(const Instance& instance,
                                                      const Drawn& drawn) {
  std::vector<const allocate::ProofNode*> leaves;
  for (const auto& sections : allocate::components(instance.market)) {
    const auto& component = at(*drawn.certificate, leaves.size());
    const auto& node = component.nodes.front();
    const bool has_minimum = std::any_of(sections.begin(), sections.end(), [&](int section) {
      return at(instance.market.sections, section).min > 0;
    });
    const bool is_single = !component.gap && component.nodes.size() == 1 && !has_minimum &&
                           node.kind == allocate::ProofNode::Kind::leaf;
    leaves.push_back(is_single ? &node : nullptr);
  }
  return leaves;
}

std::vector<Surcharges> surcharges_by_student(const Instance& instance, const Drawn& drawn) {
  std::vector<Surcharges> result(instance.student_ids.size());
  if (!drawn.certificate) return result;
  for (const auto* leaf : single_leaves(instance, drawn)) {
    if (leaf == nullptr) continue;
    for (const auto& one : leaf->surcharges) {
      at(result, one.student).emplace_back(at(instance.section_ids, one.section), one.price);
    }
  }
  return result;
}

}  // namespace

std::string price_json(const allocate::Value& price) {
  json::Writer out;
  out.begin_array();
  for (const std::int64_t level : price) out.value(level);
  return out.end_array().take();
}

std::string head_leaf(const OutcomeHead& head) {
  json::Writer out;
  out.begin_object().key("algorithm").value(head.algorithm).key("leaves").value(head.leaves);
  out.key("points").value(head.points).key("root").value(head.root).key("seed");
  if (head.seed) {
    out.value(*head.seed);
  } else {
    out.null();
  }
  return out.key("size").value(head.size).end_object().take();
}

std::string section_leaf(std::string_view section,
                         std::string_view cut_off,
                         const std::optional<SectionPrice>& price) {
  json::Writer out;
  out.begin_object().key("cutoff").raw(cut_off);
  if (price) {
    out.key("price").raw(price_json(price->price));
    out.key("scale").value(price->scale);
  }
  out.key("section").value(section);
  if (price) out.key("unit").value(price->unit);
  return out.end_object().take();
}

std::string student_leaf(std::string_view student,
                         const std::vector<std::string>& assignment,
                         std::string_view number,
                         std::int64_t position,
                         const Surcharges& surcharges) {
  json::Writer out;
  out.begin_object().key("assignment").begin_array();
  for (const std::string& section : assignment) out.value(section);
  out.end_array().key("number").raw(number).key("position").value(position);
  out.key("student").value(student);
  if (!surcharges.empty()) {
    out.key("surcharges").begin_object();
    for (const auto& [section, price] : surcharges) {
      out.key(section).raw(price_json(price));
    }
    out.end_object();
  }
  return out.end_object().take();
}

std::vector<std::optional<SectionPrice>> section_prices(const Instance& instance,
                                                        const Drawn& drawn) {
  std::vector<std::optional<SectionPrice>> prices(instance.section_ids.size());
  if (!drawn.certificate) return prices;
  const auto components = allocate::components(instance.market);
  const auto leaves = single_leaves(instance, drawn);
  std::vector<allocate::Value> group_price(instance.group_ids.size());
  for (std::size_t i = 0; i < components.size(); ++i) {
    const auto& component = (*drawn.certificate)[i];
    const auto* leaf = at(leaves, i);
    if (leaf == nullptr) continue;
    for (const auto& one : leaf->group_prices) at(group_price, one.index) = one.price;
    for (const int section : components[i]) {
      const int group = at(instance.market.sections, section).group;
      auto& price = at(prices, section).emplace();
      price.scale = leaf->scale;
      price.unit = component.unit;
      if (group >= 0) price.price += at(group_price, group);
    }
    for (const auto& one : leaf->prices) at(prices, one.index)->price += one.price;
  }
  return prices;
}

Surcharges surcharges_of(const Instance& instance, const Drawn& drawn, int student) {
  return at(surcharges_by_student(instance, drawn), student);
}

std::vector<std::string> sections_of(const Instance& instance, const Drawn& drawn, int student) {
  std::vector<std::string> held;
  std::int64_t wish = instance.market.wish_begin(student);
  for (const auto& line : instance.market.list(student)) {
    if (at(drawn.outcome.assignment.held, wish++) != 0) {
      held.push_back(at(instance.section_ids, line.section));
    }
  }
  return held;
}

std::string whole_number(const Instance& instance, int student) {
  json::Writer out;
  if (instance.numbers.empty()) return out.value(at(instance.lottery, student)).take();
  return out.value(at(instance.numbers, student)).take();
}

std::vector<std::string> outcome_leaves(const Instance& instance, const Drawn& drawn) {
  const auto sections = instance.section_ids.size();
  const auto students = instance.student_ids.size();
  std::vector<std::string> leaves = {
      head_leaf({.algorithm = algorithm_of(drawn),
                 .root = root_of(instance),
                 .seed = drawn.seed,
                 .size = static_cast<std::int64_t>(instance.leaves.size()),
                 .leaves = static_cast<std::int64_t>(1 + sections + students),
                 .points = instance.market.has_points})};
  const auto cut_offs = render_cut_offs(instance, drawn);
  const auto prices = section_prices(instance, drawn);
  for (std::size_t i = 0; i < sections; ++i) {
    leaves.push_back(section_leaf(instance.section_ids[i], cut_offs[i], prices[i]));
  }
  const auto surcharges = surcharges_by_student(instance, drawn);
  for (int i = 0; i < instance.market.student_count(); ++i) {
    leaves.push_back(student_leaf(at(instance.student_ids, i), sections_of(instance, drawn, i),
                                  whole_number(instance, i), at(instance.market.positions, i),
                                  at(surcharges, i)));
  }
  return leaves;
}

std::string outcome_root(const Instance& instance, const Drawn& drawn) {
  return text::to_hex(HashTree(outcome_leaves(instance, drawn)).root());
}

}  // namespace sj::draw
