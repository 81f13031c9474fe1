#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/api/route.h"

namespace sj::api {

/// Which route answers a path. `{...}` stands for one segment; a segment that is spelt out wins.
class RouteTable {
 public:
  RouteTable();
  ~RouteTable();
  RouteTable(const RouteTable&) = delete;
  RouteTable& operator=(const RouteTable&) = delete;

  /// `route` must outlive the table. Two routes for one method and path break an invariant.
  void add(const Route& route, std::size_t number);

  struct Found {
    const Route* route = nullptr;  // null if the path has none for the method
    std::size_t number = 0;
    std::vector<std::string> values{};    // of `{...}`
    std::vector<http::Method> methods{};  // that the path has, if not this one
  };
  /// HEAD finds what GET has.
  [[nodiscard]] Found find(http::Method method, std::string_view path) const;

 private:
  struct Node;
  std::unique_ptr<Node> root_;
};

/// The names of `{...}` in a path, in order.
[[nodiscard]] std::vector<std::string> parameters_of(std::string_view path);

}  // namespace sj::api
