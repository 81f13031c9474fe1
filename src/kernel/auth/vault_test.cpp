#include "kernel/auth/vault.h"

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "kernel/base/check.h"
#include "kernel/sql/fresh_store.h"

namespace sj::auth {
namespace {

constexpr std::int64_t kArea = 430'103;
constexpr std::int64_t kPerson = 7;
constexpr Instant kNow{1'791'763'200'000};

const sql::Statement kWrapped{"SELECT wrapped FROM kernel_person_key WHERE person_id = $1"};
const sql::Statement kErased{"SELECT erased_ms FROM kernel_person_key WHERE person_id = $1"};
const sql::Statement kKeys{"SELECT count(*) FROM kernel_person_key"};
const sql::Statement kMoveKey{
    "UPDATE kernel_person_key SET wrapped = (SELECT other.wrapped FROM kernel_person_key AS other"
    " WHERE other.person_id = $1) WHERE person_id = $2"};

template <class T>
std::string code_of(const Result<T>& result) {
  return result.ok() ? "ok" : result.error().code;
}

class VaultTest : public testing::TestWithParam<sql::Dialect> {
 protected:
  void SetUp() override {
    if (!sql::FreshStore::available(GetParam())) GTEST_SKIP() << "SJ_TEST_PG is not set";
    store_ = std::make_unique<sql::FreshStore>(GetParam());
    db_ = store_->connect();
    ASSERT_TRUE(sql::migrate(*db_, sql::migrations()).ok());
    db_->begin_write().value();
  }

  std::string seal(std::string_view plain, std::int64_t person = kPerson) {
    return vault_.seal(*db_, kArea, person, "org.id_number", plain).value();
  }
  Result<std::string> open(std::string_view sealed, std::int64_t person = kPerson) {
    return vault_.open(*db_, kArea, person, "org.id_number", sealed);
  }

  std::unique_ptr<sql::FreshStore> store_;
  std::unique_ptr<sql::Connection> db_;
  SeededEntropy entropy_{"vault"};
  Vault vault_{std::string(Vault::kMasterBytes, 'm'), entropy_};
};

TEST_P(VaultTest, OpensWhatItSealed) {
  for (const std::string& plain :
       {std::string("430103201503071234"), std::string(), std::string(100'000, '\0')}) {
    const std::string sealed = seal(plain);
    EXPECT_EQ(open(sealed).value(), plain);
    if (plain.size() > 4) {
      EXPECT_EQ(sealed.find(plain.substr(0, 6)), std::string::npos);
    }
  }
  EXPECT_NE(seal("x"), seal("x")) << "the nonce must differ";
  EXPECT_EQ(db_->number(kKeys, {}).value(), 1) << "one key a person";
}

TEST_P(VaultTest, WithoutItsKeySealsAndBlindsNothing) {
  const std::string sealed = seal("430103201503071234");
  const std::string plain = vault_.seal_plain("api.reply", "x");
  Vault keyless(entropy_);
  EXPECT_FALSE(keyless.has_key());
  EXPECT_EQ(code_of(keyless.seal(*db_, kArea, 9, "org.id_number", "x")), "auth.no_key");
  const Vault::Plain one{9, "org.id_number", "x"};
  EXPECT_EQ(code_of(keyless.seal_many(*db_, kArea, {&one, 1})), "auth.no_key");
  EXPECT_EQ(code_of(keyless.open(*db_, kArea, kPerson, "org.id_number", sealed)), "auth.no_key");
  EXPECT_EQ(code_of(keyless.open_plain("api.reply", plain)), "auth.no_key");
  EXPECT_THROW(static_cast<void>(keyless.seal_plain("api.reply", "x")), InvariantBroken);
  EXPECT_THROW(static_cast<void>(keyless.blind("org.id_number", "x")), InvariantBroken);
  EXPECT_THROW(static_cast<void>(keyless.fingerprint()), InvariantBroken);
  EXPECT_EQ(db_->number(kKeys, {}).value(), 1) << "nobody got a key";
  EXPECT_THROW(Vault(std::string(Vault::kMasterBytes, '\0'), entropy_), InvariantBroken)
      << "zeros are no key";
}

TEST_P(VaultTest, KnowsTheStoreItsKeyFits) {
  const Vault other(std::string(Vault::kMasterBytes, 'o'), entropy_);
  EXPECT_TRUE(other.fits(*db_).value()) << "nobody has a key";
  static_cast<void>(seal("430103201503071234"));
  EXPECT_TRUE(vault_.fits(*db_).value());
  EXPECT_FALSE(other.fits(*db_).value());
}

TEST_P(VaultTest, RefusesWhatWasChangedAnywhere) {
  const std::string sealed = seal("430103201503071234");
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    std::string changed = sealed;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_EQ(code_of(open(changed)), "auth.unsealable") << i;
    EXPECT_EQ(code_of(open(sealed.substr(0, i))), "auth.unsealable") << i;
  }
}

// A clerk with a database tool must not read one person's number in another's record.
TEST_P(VaultTest, ATextCannotBeMoved) {
  const std::string sealed = seal("430103201503071234");
  static_cast<void>(seal("other", 8));
  EXPECT_EQ(code_of(open(sealed, 8)), "auth.unsealable") << "to another person";
  EXPECT_EQ(code_of(vault_.open(*db_, kArea, kPerson, "org.health", sealed)), "auth.unsealable");
  EXPECT_EQ(code_of(vault_.open(*db_, kArea + 1, kPerson, "org.id_number", sealed)),
            "auth.unsealable");
  EXPECT_EQ(code_of(open(sealed, 9)), "auth.unsealable") << "to a person without a key";
}

TEST_P(VaultTest, AKeyCannotBeMoved) {
  const std::string sealed = seal("430103201503071234");
  static_cast<void>(seal("other", 8));
  EXPECT_EQ(db_->run(kMoveKey, {8, kPerson}).value(), 1);
  EXPECT_EQ(code_of(open(sealed)), "auth.unsealable");
  EXPECT_EQ(code_of(vault_.seal(*db_, kArea, kPerson, "org.id_number", "x")), "auth.unsealable")
      << "nor is anything sealed under it";
}

/// Gives everybody the same key.
class NoChance final : public Entropy {
 public:
  void fill(std::span<std::uint8_t> bytes) override { std::fill(bytes.begin(), bytes.end(), 7); }
};

// Each text is bound to its person and area by itself, not only by the key.
TEST_P(VaultTest, ATextCannotBeMovedEvenBetweenEqualKeys) {
  NoChance entropy;
  Vault vault(std::string(Vault::kMasterBytes, 'm'), entropy);
  const auto seal_for = [&](std::int64_t area, std::int64_t person) {
    return vault.seal(*db_, area, person, "org.id_number", "x").value();
  };
  const std::string sealed = seal_for(kArea, kPerson);
  EXPECT_NE(seal_for(kArea, 8), sealed);
  EXPECT_NE(seal_for(kArea + 1, kPerson), sealed);
  const auto open_as = [&](std::int64_t area, std::int64_t person) {
    return code_of(vault.open(*db_, area, person, "org.id_number", sealed));
  };
  EXPECT_EQ(open_as(kArea, kPerson), "ok");
  EXPECT_EQ(open_as(kArea, 8), "auth.unsealable");
  EXPECT_EQ(open_as(kArea + 1, kPerson), "auth.unsealable");
}

TEST_P(VaultTest, AnotherMasterKeyOpensNothing) {
  const std::string sealed = seal("430103201503071234");
  Vault other(std::string(Vault::kMasterBytes, 'n'), entropy_);
  EXPECT_EQ(code_of(other.open(*db_, kArea, kPerson, "org.id_number", sealed)), "auth.unsealable");
  EXPECT_EQ(code_of(other.seal(*db_, kArea, kPerson, "org.id_number", "x")), "auth.unsealable");
  EXPECT_NE(other.fingerprint(), vault_.fingerprint());
  EXPECT_EQ(vault_.fingerprint().size(), 16U);
  EXPECT_EQ(Vault(std::string(Vault::kMasterBytes, 'm'), entropy_).fingerprint(),
            vault_.fingerprint());
}

TEST_P(VaultTest, ErasureIsForEverAndForThatPersonOnly) {
  const std::string sealed = seal("430103201503071234");
  const std::string others = seal("other", 8);
  vault_.erase(*db_, kArea, kPerson, kNow).value();
  EXPECT_EQ(code_of(open(sealed)), "auth.erased");
  EXPECT_EQ(code_of(vault_.seal(*db_, kArea, kPerson, "org.id_number", "x")), "auth.erased");
  EXPECT_EQ(open(others, 8).value(), "other");
  vault_.erase(*db_, kArea, kPerson, Instant(kNow.utc_ms() + 1)).value();
  EXPECT_EQ(db_->number(kErased, {kPerson}).value(), kNow.utc_ms()) << "the first time counts";
}

TEST_P(VaultTest, NobodyGetsAKeyAfterErasureWhoHadNoneBefore) {
  vault_.erase(*db_, kArea, kPerson, kNow).value();
  EXPECT_EQ(code_of(vault_.seal(*db_, kArea, kPerson, "org.id_number", "x")), "auth.erased");
}

// What is rolled back leaves no key behind in memory either.
TEST_P(VaultTest, KeepsNothingAcrossTransactions) {
  const std::string sealed = seal("430103201503071234");
  db_->rollback();
  db_->begin_write().value();
  EXPECT_EQ(code_of(open(sealed)), "auth.unsealable");
}

std::string contents(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

TEST_P(VaultTest, AnErasedKeyIsGoneFromTheFile) {
  if (GetParam() != sql::Dialect::sqlite) GTEST_SKIP() << "files of PostgreSQL are vacuumed later";
  for (std::int64_t person = 1; person <= 300; ++person) static_cast<void>(seal("x", person));
  const auto wrapped =
      db_->first(kWrapped, {kPerson}, [](const sql::Row& row) { return row.text(0); }).value();
  db_->commit().value();
  const auto checkpoint = [&] {
    db_->each_text("PRAGMA wal_checkpoint(TRUNCATE)", {},
                   [](const sql::Row& row) -> Result<void> {
                     EXPECT_EQ(row.integer(0), 0);
                     return {};
                   })
        .value();
  };
  checkpoint();
  const std::string file = store_->address().file;
  EXPECT_NE(contents(file).find(*wrapped), std::string::npos);
  db_->begin_write().value();
  vault_.erase(*db_, kArea, kPerson, kNow).value();
  db_->commit().value();
  checkpoint();
  EXPECT_EQ(contents(file).find(*wrapped), std::string::npos);
  EXPECT_EQ(contents(file + "-wal").find(*wrapped), std::string::npos);
  db_->begin_write().value();
}

TEST_P(VaultTest, ManyAreSealedAsOneByOne) {
  const std::string before = seal("before", 3);
  std::vector<std::string> texts;
  std::vector<Vault::Plain> plains;
  for (std::int64_t i = 0; i < 1'000; ++i) texts.push_back("text " + std::to_string(i));
  for (std::int64_t i = 0; i < 1'000; ++i) {
    // Two texts of each person, persons in no order, some with a key already.
    plains.push_back({1 + i * 7 % 500, "org.id_number", texts[static_cast<std::size_t>(i)]});
  }
  const auto sealed = vault_.seal_many(*db_, kArea, plains).value();
  ASSERT_EQ(sealed.size(), plains.size());
  for (std::size_t i = 0; i < plains.size(); ++i) {
    EXPECT_EQ(open(sealed[i], plains[i].person).value(), texts[i]);
  }
  EXPECT_EQ(db_->number(kKeys, {}).value(), 500);
  EXPECT_EQ(open(before, 3).value(), "before") << "no key was made anew";
  EXPECT_TRUE(vault_.seal_many(*db_, kArea, {}).value().empty());

  vault_.erase(*db_, kArea, 3, kNow).value();
  EXPECT_EQ(code_of(vault_.seal_many(*db_, kArea, plains)), "auth.erased");
}

TEST_P(VaultTest, PlainTextsBelongToTheirPurpose) {
  const std::string sealed = vault_.seal_plain("api.reply", "{}");
  EXPECT_EQ(vault_.open_plain("api.reply", sealed).value(), "{}");
  EXPECT_EQ(code_of(vault_.open_plain("api.file", sealed)), "auth.unsealable");
  EXPECT_EQ(code_of(vault_.open_plain("api.reply", "")), "auth.unsealable");
  EXPECT_EQ(code_of(vault_.open_plain("api.reply", sealed + "x")), "auth.unsealable");
}

TEST_P(VaultTest, BlindsAreEqualForEqualTextsOfOnePurpose) {
  const std::string blind = vault_.blind("org.id_number", "430103201503071234");
  EXPECT_EQ(blind.size(), 16U);
  EXPECT_EQ(blind, vault_.blind("org.id_number", "430103201503071234"));
  EXPECT_NE(blind, vault_.blind("org.id_number", "430103201503071235"));
  EXPECT_NE(blind, vault_.blind("org.phone", "430103201503071234"));
  EXPECT_NE(blind, Vault(std::string(Vault::kMasterBytes, 'n'), entropy_)
                       .blind("org.id_number", "430103201503071234"));
}

TEST_P(VaultTest, APurposeWithTheSeparatorIsAFaultOfOurs) {
  EXPECT_THROW(static_cast<void>(vault_.seal(*db_, kArea, kPerson, "a|1", "x")), InvariantBroken);
  EXPECT_THROW(static_cast<void>(vault_.blind("a|1", "x")), InvariantBroken);
}

INSTANTIATE_TEST_SUITE_P(Engines,
                         VaultTest,
                         testing::Values(sql::Dialect::sqlite, sql::Dialect::postgres),
                         [](const auto& engine) {
                           return engine.param == sql::Dialect::sqlite ? "sqlite" : "postgres";
                         });

}  // namespace
}  // namespace sj::auth
