#include "kernel/api/table.h"

#include <utility>

#include "kernel/base/check.h"

namespace sj::api {
namespace {

// Takes the first segment off a path that begins with '/'.
std::string_view take_segment(std::string_view& path) {
  path.remove_prefix(1);
  const std::size_t end = path.find('/');
  const std::string_view segment = path.substr(0, end);
  path.remove_prefix(segment.size());
  return segment;
}

bool is_parameter(std::string_view segment) {
  return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

http::Method answered_as(http::Method method) {
  return method == http::Method::head ? http::Method::get : method;
}

}  // namespace

struct RouteTable::Node {
  std::map<std::string, std::unique_ptr<Node>, std::less<>> spelt{};
  std::unique_ptr<Node> any{};
  std::map<http::Method, std::pair<const Route*, std::size_t>> routes{};

  // The node with routes that `rest` leads to; the deepest spelt-out way first.
  const Node* find(std::string_view rest, std::vector<std::string>& values) const {
    if (rest.empty()) return routes.empty() ? nullptr : this;
    const std::string_view segment = take_segment(rest);
    if (const auto next = spelt.find(segment); next != spelt.end()) {
      if (const Node* found = next->second->find(rest, values)) return found;
    }
    if (!any || segment.empty()) return nullptr;
    values.emplace_back(segment);
    const Node* found = any->find(rest, values);
    if (found == nullptr) values.pop_back();
    return found;
  }
};

RouteTable::RouteTable() : root_(std::make_unique<Node>()) {}
RouteTable::~RouteTable() = default;

void RouteTable::add(const Route& route, std::size_t number) {
  std::string_view rest = route.path();
  SJ_CHECK(!rest.empty());
  SJ_CHECK(rest.front() == '/');
  SJ_CHECK(route.method() != http::Method::head);  // GET answers it
  Node* node = root_.get();
  while (!rest.empty()) {
    const std::string_view segment = take_segment(rest);
    SJ_CHECK(!segment.empty());
    std::unique_ptr<Node>& next =
        is_parameter(segment) ? node->any : node->spelt[std::string(segment)];
    if (!next) next = std::make_unique<Node>();
    node = next.get();
  }
  const bool is_new = node->routes.emplace(route.method(), std::pair{&route, number}).second;
  SJ_CHECK(is_new);  // two routes for one method and path
}

RouteTable::Found RouteTable::find(http::Method method, std::string_view path) const {
  Found found;
  if (path.empty() || path.front() != '/') return found;
  const Node* node = root_->find(path, found.values);
  if (node == nullptr) return found;
  const auto route = node->routes.find(answered_as(method));
  if (route == node->routes.end()) {
    for (const auto& [other, unused] : node->routes) {
      found.methods.push_back(other);
      if (other == http::Method::get) found.methods.push_back(http::Method::head);
    }
    return found;
  }
  found.route = route->second.first;
  found.number = route->second.second;
  return found;
}

std::vector<std::string> parameters_of(std::string_view path) {
  std::vector<std::string> names;
  while (!path.empty()) {
    const std::string_view segment = take_segment(path);
    if (is_parameter(segment)) names.emplace_back(segment.substr(1, segment.size() - 2));
  }
  return names;
}

}  // namespace sj::api
