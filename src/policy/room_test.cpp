#include "policy/room.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "policy/files.h"

namespace sj::policy {
namespace {

TEST(Room, TakesChangedPacksAndKeepsTheGoodOneBesideABadOne) {
  std::vector<File> files = built_in_files();
  const Settings settings =
      make_settings([&files] { return Result<std::vector<File>>(files); }).value();
  const api::Room made = room(settings);
  ASSERT_EQ(made.jobs.size(), 1U);
  const auto reloaded = [&] {
    const auto done = reload(settings);
    return done.ok() ? std::string("ok") : done.error().code + " " + done.error().detail;
  };
  const std::string before = settings.packs->current()->version();
  EXPECT_EQ(reloaded(), "ok");
  EXPECT_EQ(settings.packs->current()->version(), before);

  const auto file = std::find_if(files.begin(), files.end(), [](const File& one) {
    return one.path == "national/after_school/AS-2H.json";
  });
  ASSERT_NE(file, files.end());
  const std::string good = file->text;
  file->text = good.substr(0, good.size() / 2);
  const std::string refused = reloaded();
  EXPECT_TRUE(refused.starts_with("policy.bad_pack national/after_school/AS-2H.json:")) << refused;
  EXPECT_EQ(settings.packs->current()->version(), before);
  EXPECT_NE(settings.packs->current()->find("AS-2H"), nullptr);

  file->text = good + "\n";
  EXPECT_EQ(reloaded(), "ok");
  EXPECT_NE(settings.packs->current()->version(), before);
}

TEST(Room, HasNoJobWhereThePacksAreBuiltIn) {
  EXPECT_TRUE(room(make_settings().value()).jobs.empty());
}

}  // namespace
}  // namespace sj::policy
