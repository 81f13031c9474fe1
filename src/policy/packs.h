#pragma once

#include <memory>
#include <mutex>

#include "policy/pack.h"

namespace sj::policy {

/// The pack in force. Whoever judges takes one and keeps it for all of his work.
class Packs {
 public:
  explicit Packs(Pack pack) : current_(std::make_shared<const Pack>(std::move(pack))) {}

  [[nodiscard]] std::shared_ptr<const Pack> current() const {
    const std::scoped_lock lock(mutex_);
    return current_;
  }
  void replace(Pack pack) {
    auto fresh = std::make_shared<const Pack>(std::move(pack));
    const std::scoped_lock lock(mutex_);
    current_ = std::move(fresh);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const Pack> current_;
};

}  // namespace sj::policy
