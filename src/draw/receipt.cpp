#include "draw/receipt.h"

#include <algorithm>

#include "kernel/json/writer.h"
#include "kernel/text/text.h"

#include "engines/allocate/market.h"

#include "draw/merkle.h"
#include "draw/outcome_tree.h"

namespace sj::draw {
namespace {

using allocate::at;

void write_path(json::Writer& out, const HashTree& tree, std::size_t leaf) {
  out.key("path").begin_array();
  for (const Sha256& hash : tree.path(leaf)) out.value(text::to_hex(hash));
  out.end_array();
}

void write_prices(json::Writer& out,
                  const Instance& instance,
                  const Drawn& drawn,
                  const std::vector<int>& wished) {
  const auto prices = section_prices(instance, drawn);
  out.key("prices").begin_object();
  for (const int section : wished) {
    const auto& price = at(prices, section);
    if (!price) continue;
    out.key(at(instance.section_ids, section)).begin_object().key("price");
    out.raw(price_json(price->price))
        .key("scale")
        .value(price->scale)
        .key("unit")
        .value(price->unit)
        .end_object();
  }
  out.end_object();
}

}  // namespace

std::string root_of(const Instance& instance) {
  return text::to_hex(HashTree(instance.leaves).root());
}

std::string make_receipt(const Instance& instance, const Drawn& drawn, int student) {
  const HashTree tree(instance.leaves);
  const auto outcome = outcome_leaves(instance, drawn);
  const HashTree outcome_tree(outcome);
  const auto groups = instance.group_ids.size();
  const auto sections = instance.section_ids.size();
  const std::size_t own = groups + sections + static_cast<std::size_t>(student);
  const auto list = instance.market.list(student);
  const auto place = [](std::size_t index) { return static_cast<std::int64_t>(index); };
  json::Writer out;
  out.begin_object().key("algorithm").value(algorithm_of(drawn)).key("assignment").begin_array();
  for (const std::string& section : sections_of(instance, drawn, student)) out.value(section);
  out.end_array().key("cutoffs").begin_object();
  std::vector<int> wished;
  for (const auto& wish : list) wished.push_back(wish.section);
  std::sort(wished.begin(), wished.end());
  const auto cut_offs = render_cut_offs(instance, drawn);
  for (const int section : wished) {
    out.key(at(instance.section_ids, section)).raw(at(cut_offs, section));
  }
  out.end_object().key("format").value(2).key("index").value(place(own));
  out.key("leaf").raw(instance.leaves[own]).key("number").raw(whole_number(instance, student));
  out.key("outcome").begin_object().key("head").begin_object();
  write_path(out, outcome_tree, 0);
  out.end_object().key("leaves").value(place(outcome.size())).key("points");
  out.value(instance.market.has_points).key("root").value(text::to_hex(outcome_tree.root()));
  out.key("sections").begin_array();
  for (const auto& wish : list) {
    const std::size_t leaf = 1 + static_cast<std::size_t>(wish.section);
    out.begin_object().key("index").value(place(leaf));
    write_path(out, outcome_tree, leaf);
    out.end_object();
  }
  const std::size_t own_outcome = 1 + sections + static_cast<std::size_t>(student);
  out.end_array().key("student").begin_object().key("index").value(place(own_outcome));
  write_path(out, outcome_tree, own_outcome);
  out.end_object().end_object();
  write_path(out, tree, own);
  out.key("position").value(at(instance.market.positions, student));
  if (drawn.rule == Rule::welfare) write_prices(out, instance, drawn, wished);
  out.key("root").value(text::to_hex(tree.root())).key("rule").value(name_of(drawn.rule));
  out.key("sections").begin_array();
  for (const auto& wish : list) {
    const std::size_t leaf = groups + static_cast<std::size_t>(wish.section);
    out.begin_object().key("index").value(place(leaf));
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
  out.key("size").value(place(instance.leaves.size()));
  if (drawn.rule == Rule::welfare) {
    out.key("surcharges").begin_object();
    for (const auto& [section, price] : surcharges_of(instance, drawn, student)) {
      out.key(section).raw(price_json(price));
    }
    out.end_object();
  }
  return out.end_object().take() + "\n";
}

}  // namespace sj::draw
