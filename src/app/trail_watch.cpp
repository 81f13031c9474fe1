#include "app/trail_watch.h"

#include <algorithm>
#include <utility>

#include "kernel/desk/audit.h"

#include "app/verify.h"

namespace sj::app {
namespace {

constexpr std::size_t kLogged = 20;
// Of the time a look takes, so that looking again is never most of what a server does.
constexpr int kRest = 10;
constexpr std::chrono::seconds kLeastRest(5);

}  // namespace

void TrailWatch::look() {
  const auto start = Steady::now();
  Result<std::vector<std::string>> found = look_at_trail(store_);
  const std::scoped_lock lock(mutex_);
  looked_at_ = Steady::now();
  took_ = looked_at_ - start;
  could_look_ = found.ok();
  if (!could_look_) {
    log_.write(log::Level::error, found.error().code, "", {{"detail", found.error().detail}});
    return;
  }
  const bool is_news = breaks_ != found.value();
  breaks_ = std::move(found).value();
  for (std::size_t i = 0; is_news && i < std::min(breaks_.size(), kLogged); ++i) {
    log_.write(log::Level::error, "app.trail_broken", "", {{"detail", breaks_[i]}});
  }
}

void TrailWatch::tell(desk::Readiness::Verdict& verdict) {
  std::string hash;
  bool is_old = false;
  bool is_whole = false;
  {
    const std::scoped_lock lock(mutex_);
    if (breaks_.empty() && could_look_) return;
    hash = desk::findings_hash(breaks_);
    const auto rest = std::max<Steady::duration>(kLeastRest, took_ * kRest);
    is_old = Steady::now() - looked_at_ > rest;
    is_whole = breaks_.empty();
  }
  if (is_whole) {
    look_again(is_old);
    return;
  }
  const auto is_accepted = [&]() -> Result<bool> {
    if (reader_ == nullptr) reader_ = SJ_TRY(store_.database().connect(sql::Mode::read));
    SJ_TRY(reader_->begin_read());
    Result<bool> accepted = desk::is_accepted(*reader_, store_.vault(), hash);
    reader_->rollback();
    return accepted;
  };
  const Result<bool> accepted = is_accepted();
  if (accepted.ok() && accepted.value()) {
    verdict.notes.emplace_back("app.trail_accepted");
    return;
  }
  verdict.wrong.emplace_back("app.trail_broken");
  look_again(is_old);
}

void TrailWatch::look_again(bool is_old) {
  const bool looks =
      again_.valid() && again_.wait_for(std::chrono::seconds(0)) != std::future_status::ready;
  if (is_old && !looks) again_ = std::async(std::launch::async, [this] { look(); });
}

void TrailWatch::close() {
  if (again_.valid()) again_.wait();
}

}  // namespace sj::app
