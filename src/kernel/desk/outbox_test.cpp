#include "kernel/desk/outbox.h"

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "kernel/base/check.h"
#include "kernel/desk/test_world.h"

namespace sj::desk {
namespace {

const sql::Statement kEvents{"SELECT count(*) FROM kernel_outbox_event"};
const sql::Statement kDeliveries{"SELECT count(*) FROM kernel_outbox_delivery"};
const sql::Statement kTries{
    "SELECT tries FROM kernel_outbox_delivery WHERE listener = $1 AND heard_ms IS NULL"};

class Outbox : public testing::TestWithParam<sql::Dialect> {
 protected:
  void SetUp() override {
    if (!sql::FreshStore::available(GetParam())) GTEST_SKIP() << "SJ_TEST_PG is not set";
    world_ = std::make_unique<World>(GetParam());
    desk_ = world_->open_desk();
    reader_ = world_->reader();
  }

  void publish(const std::string& topic, const std::string& payload) {
    desk_->run(clerk(), [&](Tx& tx) { return tx.publish(kArea, {topic, payload}); }).value();
  }
  /// Adds a row named by the listener and the payload.
  static Listener keeper(const std::string& name, const std::string& topic) {
    return {name, topic,
            [name](Tx& tx, const Delivery& delivery) { return add(tx, name + delivery.payload); }};
  }
  int deliver_all(const std::vector<Listener>& listeners) {
    return deliver(*desk_, *reader_, world_->clock, listeners).value();
  }

  std::unique_ptr<World> world_;
  std::unique_ptr<Desk> desk_;
  std::unique_ptr<sql::Connection> reader_;
};

TEST_P(Outbox, EachListenerHearsEachEventOfItsTopicOnceInOrder) {
  publish("test.moved", "1");
  publish("test.left", "2");
  publish("test.moved", "3");
  const std::vector<Listener> listeners{keeper("a", "test.moved"), keeper("b", "test.moved"),
                                        keeper("c", "test.left")};
  EXPECT_EQ(deliver_all(listeners), 5);
  EXPECT_EQ(world_->names(), "a1 b1 c2 a3 b3");
  EXPECT_EQ(deliver_all(listeners), 0);
  EXPECT_EQ(world_->names(), "a1 b1 c2 a3 b3");
  EXPECT_EQ(world_->number(kEvents), 0) << "what all have heard goes";
  EXPECT_EQ(world_->number(kDeliveries), 0);
}

TEST_P(Outbox, ADeliverySaysWhereAndWhat) {
  publish("test.moved", R"({"pupil":"9"})");
  Delivery heard;
  auth::Actor actor;
  EXPECT_EQ(deliver_all({{"a", "test.moved",
                          [&](Tx& tx, const Delivery& delivery) -> Result<void> {
                            heard = delivery;
                            actor = tx.actor();
                            return {};
                          }}}),
            1);
  EXPECT_EQ(heard.area, kArea);
  EXPECT_EQ(heard.event, 1);
  EXPECT_EQ(heard.topic, "test.moved");
  EXPECT_EQ(heard.payload, R"({"pupil":"9"})");
  EXPECT_EQ(actor.kind, auth::ActorKind::system);
  EXPECT_EQ(actor.area, kArea);
}

TEST_P(Outbox, AnEventOfAUnitThatFailedWasNever) {
  EXPECT_FALSE(desk_
                   ->run(clerk(),
                         [](Tx& tx) -> Result<void> {
                           SJ_TRY(tx.publish(kArea, {"test.moved", "1"}));
                           return Error{ErrorKind::conflict, "test.no", ""};
                         })
                   .ok());
  EXPECT_EQ(deliver_all({keeper("a", "test.moved")}), 0);
}

// The effect and the note that it happened are one unit: whatever goes wrong between takes both
// back.
TEST_P(Outbox, AnEffectHappensOnceThoughDeliveryIsTriedAgain) {
  publish("test.moved", "1");
  int tries = 0;
  const Listener shaky{"a", "test.moved", [&](Tx& tx, const Delivery& delivery) -> Result<void> {
                         SJ_TRY(add(tx, "a" + delivery.payload));
                         if (++tries == 1) return Error{ErrorKind::conflict, "test.no", ""};
                         SJ_CHECK(tries != 2);
                         return {};
                       }};
  EXPECT_EQ(deliver_all({shaky}), 0);
  EXPECT_EQ(world_->names(), "");
  EXPECT_EQ(world_->number(kTries, {"a"}), 1);
  EXPECT_EQ(deliver_all({shaky}), 0) << "its time has not come";
  EXPECT_EQ(tries, 1);
  world_->clock.advance_ms(1'000);
  EXPECT_EQ(deliver_all({shaky}), 0) << "a fault of ours counts as a failure";
  EXPECT_EQ(world_->number(kTries, {"a"}), 2);
  world_->clock.advance_ms(1'999);
  EXPECT_EQ(deliver_all({shaky}), 0);
  EXPECT_EQ(tries, 2) << "the second wait is two seconds";
  world_->clock.advance_ms(1);
  EXPECT_EQ(deliver_all({shaky}), 1);
  EXPECT_EQ(world_->names(), "a1");
  EXPECT_EQ(world_->number(kEvents), 0);
}

TEST_P(Outbox, AWaitThatAClockAheadHasGivenIsNotWaitedFor) {
  publish("test.moved", "1");
  bool fails = true;
  const Listener shaky{"a", "test.moved", [&](Tx& tx, const Delivery& delivery) -> Result<void> {
                         if (fails) return Error{ErrorKind::conflict, "test.deaf", ""};
                         return add(tx, delivery.payload);
                       }};
  const std::int64_t ahead = std::int64_t{400} * 24 * 3'600'000;
  world_->clock.advance_ms(ahead);
  EXPECT_EQ(deliver_all({shaky}), 0);
  world_->clock.advance_ms(-ahead);
  fails = false;
  EXPECT_EQ(deliver_all({shaky}), 1);
  EXPECT_EQ(world_->names(), "1");
}

// As after a crash behind the commit: who comes with an old list finds that it was heard.
TEST_P(Outbox, TwoWhoDeliverFromOldListsDoItOnce) {
  publish("test.left", "1");   // forgotten at once: nobody else hears it
  publish("test.moved", "2");  // kept for the one who is deaf
  std::atomic<int> heard = 0;
  std::atomic<int> refused = 0;
  const auto hear = [&](Tx& tx, const Delivery& delivery) -> Result<void> {
    ++heard;
    return add(tx, delivery.payload);
  };
  const std::vector<Listener> listeners{
      {"a", "test.left", hear},
      {"b", "test.moved", hear},
      {"c", "test.moved", [&](Tx&, const Delivery&) -> Result<void> {
         ++refused;
         return Error{ErrorKind::conflict, "test.deaf", ""};
       }}};
  std::atomic<int> delivered = 0;
  std::vector<std::thread> threads;
  threads.reserve(2);
  {
    Gate gate(*desk_);
    for (int t = 0; t < 2; ++t) {
      threads.emplace_back([&] {
        const auto reader = world_->reader();
        delivered += deliver(*desk_, *reader, world_->clock, listeners).value();
      });
    }
    // Both have read what is due before anything of it is done.
    while (desk_->counts().waiting < 6) std::this_thread::yield();
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(heard, 2);
  EXPECT_EQ(delivered, 2);
  EXPECT_EQ(refused, 2);
  EXPECT_EQ(world_->names(), "1 2");
  EXPECT_EQ(world_->number(kEvents), 1);
}

TEST_P(Outbox, ALostCommitIsNoFailureOfTheListener) {
  publish("test.moved", "1");
  desk_->close();
  Faulty::Plan plan;
  desk_ = std::make_unique<Desk>(std::make_unique<Faulty>(world_->store.connect(), plan),
                                 world_->context);
  plan.commits_lost = 1;
  const auto result = deliver(*desk_, *reader_, world_->clock, {keeper("a", "test.moved")});
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, "sql.unavailable");
  EXPECT_EQ(deliver_all({keeper("a", "test.moved")}), 1) << "at once";
  EXPECT_EQ(world_->names(), "a1");
  desk_->close();
}

TEST_P(Outbox, AFailureHoldsUpNeitherOthersNorLaterEvents) {
  publish("test.moved", "1");
  publish("test.moved", "2");
  const Listener picky{"a", "test.moved", [&](Tx& tx, const Delivery& delivery) -> Result<void> {
                         if (delivery.payload == "1") {
                           // Also a kind that the desk itself uses.
                           return Error{ErrorKind::unavailable, "test.gateway_down", ""};
                         }
                         return add(tx, "a" + delivery.payload);
                       }};
  EXPECT_EQ(deliver_all({picky, keeper("b", "test.moved")}), 3);
  EXPECT_EQ(world_->names(), "b1 a2 b2");
  EXPECT_EQ(world_->number(kTries, {"a"}), 1);
  EXPECT_EQ(world_->number(kEvents), 1) << "kept for the one who has not heard";
}

TEST_P(Outbox, WaitsGrowToAnHourAndNoFurther) {
  publish("test.moved", "1");
  int tries = 0;
  const Listener deaf{"a", "test.moved", [&](Tx&, const Delivery&) -> Result<void> {
                        ++tries;
                        return Error{ErrorKind::conflict, "test.no", ""};
                      }};
  std::int64_t waited = 0;
  for (int i = 0; i < 15; ++i) {
    EXPECT_EQ(deliver_all({deaf}), 0);
    waited = std::min<std::int64_t>(i >= 12 ? 3'600'000 : 1'000LL << i, 3'600'000);
    world_->clock.advance_ms(waited - 1);
    EXPECT_EQ(deliver_all({deaf}), 0);
    EXPECT_EQ(tries, i + 1);
    world_->clock.advance_ms(1);
  }
}

TEST_P(Outbox, DeliversNoMoreThanAsked) {
  for (int i = 0; i < 5; ++i) publish("test.moved", std::to_string(i));
  const std::vector<Listener> listeners{keeper("a", "test.moved")};
  EXPECT_EQ(deliver(*desk_, *reader_, world_->clock, listeners, 2).value(), 2);
  EXPECT_EQ(world_->names(), "a0 a1");
  EXPECT_EQ(deliver_all(listeners), 3);
}

TEST_P(Outbox, AClosedDeskLosesNothing) {
  publish("test.moved", "1");
  desk_->close();
  const auto result = deliver(*desk_, *reader_, world_->clock, {keeper("a", "test.moved")});
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, "desk.closing");
  desk_ = world_->open_desk();
  EXPECT_EQ(deliver_all({keeper("a", "test.moved")}), 1) << "at once: it was no failure";
}

TEST_P(Outbox, ForgetsOldEventsThatNobodyHears) {
  publish("test.unheard", "1");
  publish("test.moved", "2");
  const std::vector<Job> jobs{forget_unheard_job({keeper("a", "test.moved")})};
  EXPECT_EQ(run_due(*desk_, *reader_, world_->clock, jobs).value(), 1);
  EXPECT_EQ(world_->number(kEvents), 2) << "a week old, not before";
  world_->clock.advance_ms(8LL * 24 * 3'600'000);
  EXPECT_EQ(run_due(*desk_, *reader_, world_->clock, jobs).value(), 1);
  EXPECT_EQ(world_->number(kEvents), 1);
  EXPECT_EQ(deliver_all({keeper("a", "test.moved")}), 1);
}

INSTANTIATE_TEST_SUITE_P(Engines,
                         Outbox,
                         testing::Values(sql::Dialect::sqlite, sql::Dialect::postgres),
                         [](const auto& engine) {
                           return engine.param == sql::Dialect::sqlite ? "sqlite" : "postgres";
                         });

}  // namespace
}  // namespace sj::desk
