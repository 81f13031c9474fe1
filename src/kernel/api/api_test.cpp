#include <array>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kernel/api/application.h"
#include "kernel/api/problem.h"
#include "kernel/api/replay.h"
#include "kernel/api/reply.h"
#include "kernel/base/check.h"
#include "kernel/json/encode.h"
#include "kernel/json/json.h"
#include "kernel/json/schema.h"
#include "kernel/sql/fresh_store.h"
#include "kernel/time/zone.h"

namespace sj::api {
namespace {

using namespace std::chrono_literals;
using http::Method;

constexpr std::int64_t kArea = 430'103;
constexpr auth::Permission kRead{20, "test.read"};
constexpr auth::Permission kWrite{21, "test.write"};

const sql::Statement kInsert{"INSERT INTO test_note (area_id, id, text) VALUES ($1, $2, $3)"};
const sql::Statement kCount{"SELECT COUNT(*) FROM test_note"};
const sql::Statement kKept{"SELECT COUNT(*) FROM kernel_idempotency"};
const sql::Statement kAnyReply{"SELECT reply FROM kernel_idempotency"};
const sql::Statement kAnyBody{"SELECT body_hash FROM kernel_idempotency"};

struct NoteDto {
  std::string text;
};
BOOST_DESCRIBE_STRUCT(NoteDto, (), (text))
constexpr std::array<std::string_view, 2> kNoteKinds = {"long", "short"};

// Makes threads wait until it is opened.
class Gate {
 public:
  void pass() {
    std::unique_lock hold(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait(hold, [this] { return open_; });
  }
  void await(int waiting) {
    std::unique_lock hold(mutex_);
    changed_.wait_for(hold, 5s, [&] { return waiting_ >= waiting; });
  }
  void open() {
    const std::lock_guard hold(mutex_);
    open_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_{};
  std::condition_variable changed_{};
  int waiting_ = 0;
  bool open_ = false;
};

std::string moment(const Call& call) {
  return to_iso(call.now).substr(0, 16);
}

std::string who(const Call& call) {
  return std::string(auth::name_of(call.actor.kind)) + " " + std::to_string(call.actor.account) +
         " in " + std::to_string(call.access.area()) +
         (call.scope.everywhere() ? " everywhere" : "") + (call.scope.empty() ? " nowhere" : "");
}

Result<http::Response> add_note(const Call& call, desk::Tx& tx) {
  const auto dto = SJ_TRY(json::read<NoteDto>(call.request.body));
  if (dto.text == "refuse") return Error{ErrorKind::conflict, "api.forbidden", "no"};
  if (dto.text == "break") SJ_CHECK(false);
  const std::int64_t id = tx.new_id();
  static_cast<void>(SJ_TRY(tx.run(kInsert, {kArea, id, dto.text})));
  desk::Entry entry;
  entry.action = "test.note.added";
  entry.subject_kind = "note";
  entry.subject = id;
  entry.detail = "{}";
  SJ_TRY(tx.audit(kArea, entry));
  http::Response response = reply("{\"id\":\"" + std::to_string(id) + "\"}", 201);
  if (dto.text == "enter") {
    response.headers.push_back(call.session_cookie("secret-" + std::to_string(id), 60));
  }
  response.headers.push_back({"X-Now", to_iso(tx.now()).substr(0, 16)});
  return response;
}

struct World : public ::testing::Test {
  sql::FreshStore store{sql::Dialect::sqlite};
  TestClock clock{parse_instant("2026-10-12T08:00:00+08:00").value()};
  SequentialIds ids{1};
  SeededEntropy entropy{"api"};
  auth::Vault vault{std::string(auth::Vault::kMasterBytes, 'm'), entropy};
  desk::Context context{clock, ids, entropy, vault};
  log::Log log{-1, log::Level::debug, clock};
  Settings settings{};
  Gate gate{};
  std::unique_ptr<desk::Desk> desk{};
  std::unique_ptr<Dispatcher> dispatcher{};

  World() {
    auto connection = store.connect();
    EXPECT_TRUE(sql::migrate(*connection, sql::migrations()).ok());
    EXPECT_TRUE(connection
                    ->script("CREATE TABLE test_note (area_id BIGINT NOT NULL, id BIGINT NOT NULL, "
                             "text TEXT NOT NULL, PRIMARY KEY (area_id, id)) {{STRICT}};")
                    .ok());
    desk = std::make_unique<desk::Desk>(std::move(connection), context);
  }
  ~World() override {
    gate.open();
    if (dispatcher) dispatcher->close();
    desk->close();
  }

  // Tokens: "clerk" may all, "reader" reads, "gone" is expired; the CSRF token is the token twice.
  static Result<std::optional<Session>> find(sql::Reader&, std::string_view token, Instant now) {
    Session session;
    session.actor.area = kArea;
    session.csrf = std::string(token) + std::string(token);
    auth::Grant grant;
    grant.what.set(kRead.bit);
    if (token == "clerk" || token == "clerk2") {
      session.actor.kind = auth::ActorKind::staff;
      session.actor.account = token == "clerk" ? 7 : 8;
      session.actor.session = 70;
      grant.what.set(kWrite.bit);
    } else if (token == "reader") {
      session.actor.kind = auth::ActorKind::guardian;
      session.actor.account = 9;
      grant.where = {auth::PlaceKind::school, 5};
    } else if (token == "autumn" && now < parse_instant("2026-11-01T00:00+08:00").value()) {
      session.actor.kind = auth::ActorKind::staff;
      session.actor.account = 11;
    } else if (token == "broken") {
      return Error{ErrorKind::unavailable, "sql.unavailable", "gone"};
    } else {
      return std::optional<Session>();
    }
    session.access = auth::Access(kArea, {grant});
    return std::optional<Session>(session);
  }

  Room room() {
    Room room;
    room.name = "test";
    room.permissions = {kRead, kWrite};
    const Read tell = [](const Call& call, sql::Reader&) -> Result<http::Response> {
      std::string values;
      for (const std::string& value : call.path_values) values += "[" + value + "]";
      return reply(who(call) + " " + values + " " + moment(call));
    };
    const auto add = [&](Method method, std::string_view path, auth::Permission permission,
                         Handler handler, std::string_view id) {
      Doc doc;
      doc.id = id;
      doc.summary = "Does what a test wants.";
      if (method == Method::post) doc.body = &json::schema_of<NoteDto>;
      doc.shown_once = id == "make_secret";
      if (id == "list_notes") {
        doc.query = {{.name = "kind", .about = "of this kind", .one_of = kNoteKinds},
                     {"child", "of this child", Takes::id},
                     {"limit", "at most", Takes::number},
                     {"from", "first day", Takes::day},
                     {"q", "what they say"}};
      }
      room.routes.emplace_back(method, path, permission, std::move(handler), doc);
    };
    add(Method::get, "/api/test/notes", kRead, tell, "list_notes");
    add(Method::get, "/api/test/notes/{note}", kRead, tell, "get_note");
    add(Method::get, "/api/test/notes/new", kRead, tell, "new_note");
    add(Method::get, "/api/test/notes/{note}/of/{child}", kRead, tell, "get_note_of");
    add(Method::get, "/api/test/public", auth::kPublic, tell, "tell_public");
    const Read tell_much = [](const Call&, sql::Reader&) -> Result<http::Response> {
      return reply(std::string(5000, 'x'));
    };
    add(Method::get, "/api/test/much", auth::kPublic, tell_much, "tell_much");
    add(Method::get, "/api/test/mine", auth::kSignedIn, tell_much, "tell_mine");
    add(Method::get, "/api/test/me", auth::kSignedIn, tell, "tell_me");
    add(Method::get, "/api/test/operate", auth::kOperate, tell, "tell_operator");
    add(Method::put, "/api/test/public", auth::kPublic,
        Write(
            [](const Call& call, desk::Tx&) -> Result<http::Response> { return reply(who(call)); }),
        "put_public");
    add(Method::post, "/api/test/notes", kWrite, Write(add_note), "add_note");
    add(Method::post, "/api/test/open", auth::kPublic, Write(add_note), "add_openly");
    add(Method::post, "/api/test/slow", kWrite,
        Slow{[](const Call& call, sql::Reader&, desk::Desk& to) -> Result<http::Response> {
          return call.store(to, add_note);
        }},
        "add_slowly");
    add(Method::post, "/api/test/secrets", kWrite, Write(add_note), "make_secret");
    add(Method::get, "/api/test/gate", auth::kPublic,
        Read([this](const Call&, sql::Reader&) -> Result<http::Response> {
          gate.pass();
          return reply("passed");
        }),
        "wait_reading");
    add(Method::get, "/api/test/slow_gate", auth::kPublic,
        Slow{[this](const Call&, sql::Reader&, desk::Desk&) -> Result<http::Response> {
               gate.pass();
               return reply("passed");
             },
             Lane::files},
        "wait_slowly");
    add(Method::get, "/api/test/throw", auth::kPublic,
        Read([](const Call&, sql::Reader&) -> Result<http::Response> {
          SJ_CHECK(false);
          return reply("");
        }),
        "throw_reading");
    add(Method::get, "/api/test/number/{n}", auth::kPublic,
        Read([](const Call& call, sql::Reader&) -> Result<http::Response> {
          const std::int64_t id = SJ_TRY(call.id(0));
          const std::int64_t limit = SJ_TRY(call.query_number("limit", 50, 1, 100));
          return reply(std::to_string(id) + "," + std::to_string(limit) + "," +
                       call.query_text("q"));
        }),
        "tell_number");
    return room;
  }

  void start(std::vector<Room> rooms) {
    dispatcher = std::make_unique<Dispatcher>(settings, std::move(rooms), &World::find,
                                              store.database(), *desk, clock, vault, log);
  }
  void start() { start({room()}); }

  struct Asked {
    std::mutex mutex{};
    std::condition_variable answered{};
    std::optional<http::Response> response{};
    void answer(http::Response with) {
      const std::lock_guard hold(mutex);
      response = std::move(with);
      answered.notify_all();
    }
    http::Response await() {
      std::unique_lock hold(mutex);
      answered.wait_for(hold, 10s, [this] { return response.has_value(); });
      EXPECT_TRUE(response.has_value());
      return response.value_or(http::Response{});
    }
  };
  std::shared_ptr<Asked> begin(http::Request request) const {
    auto asked = std::make_shared<Asked>();
    request.id = "r1";
    dispatcher->handle(std::move(request),
                       [asked](http::Response response) { asked->answer(std::move(response)); });
    return asked;
  }
  http::Response ask(http::Request request) const { return begin(std::move(request))->await(); }
  http::Response get(const std::string& path, std::vector<http::Header> headers = {}) const {
    http::Request request;
    request.path = path;
    request.headers = std::move(headers);
    return ask(std::move(request));
  }
  static http::Request post_of(const std::string& path,
                               const std::string& text,
                               std::vector<http::Header> headers) {
    http::Request request;
    request.method = Method::post;
    request.path = path;
    request.headers = std::move(headers);
    request.body = "{\"text\":\"" + text + "\"}";
    return request;
  }
  http::Response post(const std::string& path,
                      const std::string& text,
                      std::vector<http::Header> headers = {}) const {
    return ask(post_of(path, text, std::move(headers)));
  }
  std::vector<std::string> opened_replies() {
    return store.connect(sql::Mode::read)
        ->all(kAnyReply, {},
              [&](const sql::Row& row) {
                return vault.open_plain("api.reply.kept", row.text(0)).value();
              })
        .value();
  }
  std::int64_t number(const sql::Statement& statement) {
    return store.connect(sql::Mode::read)->number(statement, {}).value();
  }
};

using Api = World;

std::string code_of(const http::Response& response) {
  const auto at = response.body.find("\"code\":\"");
  if (at == std::string::npos) return response.body;
  return response.body.substr(at + 8, response.body.find('"', at + 8) - at - 8);
}

std::string header_of(const http::Response& response, std::string_view name) {
  for (const http::Header& one : response.headers) {
    if (one.name == name) return one.value;
  }
  return "";
}

const http::Header kClerk{"Authorization", "Bearer clerk"};
const http::Header kReader{"Authorization", "Bearer reader"};

TEST(Problem, SaysWhatWasRefusedInTheLanguageAskedFor) {
  Error error{ErrorKind::invalid, "json.missing", "students[3].name: is missing"};
  error.fields = {{"students[3].name", "json.missing", ""}, {"day", "time.bad_day", "2026-02-30"}};
  EXPECT_EQ(
      problem(error, Language::zh_hans, "r1").body,
      R"({"type":"about:blank","title":"缺少必填项。","status":400,"code":"json.missing",)"
      R"("detail":"students[3].name: is missing","fields":[)"
      R"({"field":"students[3].name","code":"json.missing","message":"缺少必填项。"},)"
      R"({"field":"day","code":"time.bad_day","message":"没有这一天，请按 2026-10-12 这样填写。","value":"2026-02-30"}],)"
      R"("request":"r1"})");
  EXPECT_NE(problem(error, Language::zh_hant, "").body.find("缺少必填項。"), std::string::npos);
  EXPECT_NE(problem(error, Language::en, "").body.find("A required field is missing."),
            std::string::npos);
  EXPECT_EQ(header_of(problem(error, Language::en, ""), "Content-Language"), "en");

  Error rule{ErrorKind::rule_violated, "draw.bad_seed", "x"};
  rule.rule =
      std::make_shared<const RuleRefusal>(RuleRefusal{"AS-FEE", "二.5", "1800 fen", "1900 fen"});
  EXPECT_NE(
      problem(rule, Language::en, "")
          .body.find(R"("rule":"AS-FEE","clause":"二.5","limit":"1800 fen","value":"1900 fen")"),
      std::string::npos);

  const auto fault =
      problem({ErrorKind::internal, "api.fault", "secret of ours"}, Language::en, "");
  EXPECT_EQ(fault.body.find("secret"), std::string::npos);
  Error wait{ErrorKind::limited, "api.slow_queue_full", "x"};
  EXPECT_EQ(header_of(problem(wait, Language::en, ""), "Retry-After"), "1");
  wait.fields = {{"retry_after_s", "api.slow_queue_full", "60"}};
  EXPECT_EQ(header_of(problem(wait, Language::en, ""), "Retry-After"), "60");

  const std::vector<std::pair<ErrorKind, int>> kinds = {
      {ErrorKind::invalid, 400},   {ErrorKind::unauthenticated, 401},
      {ErrorKind::forbidden, 403}, {ErrorKind::not_found, 404},
      {ErrorKind::conflict, 409},  {ErrorKind::rule_violated, 422},
      {ErrorKind::limited, 429},   {ErrorKind::unavailable, 503},
      {ErrorKind::internal, 500},
  };
  for (const auto& [kind, status] : kinds) EXPECT_EQ(status_of({kind, "x.y", ""}), status);
  for (const auto& [code, status] : {std::pair{"http.head_too_large", 431},
                                     {"http.body_too_large", 413},
                                     {"http.slow_head", 408},
                                     {"http.unknown_method", 501}}) {
    EXPECT_EQ(status_of({ErrorKind::invalid, code, ""}), status);
  }
}

TEST(Problem, ChoosesTheLanguageABrowserPrefers) {
  EXPECT_EQ(preferred_language(std::nullopt), Language::zh_hans);
  EXPECT_EQ(preferred_language("fr, en;q=0.5, zh-CN;q=0.4"), Language::en);
  EXPECT_EQ(preferred_language("zh-TW,zh;q=0.9,en;q=0.8"), Language::zh_hant);
  EXPECT_EQ(preferred_language("zh-CN,zh;q=0.9,en;q=0.8"), Language::zh_hans);
  EXPECT_EQ(preferred_language("zh-Hant-HK"), Language::zh_hant);
  EXPECT_EQ(preferred_language("en;q=0"), Language::zh_hans);
}

TEST_F(Api, FindsRoutes) {
  start();
  EXPECT_EQ(get("/healthz").body, R"({"status":"ok"})");
  const std::string clerk = "staff 7 in 430103 everywhere ";
  EXPECT_EQ(get("/api/test/notes", {kClerk}).body, clerk + " 2026-10-12T08:00");
  EXPECT_EQ(get("/api/test/notes/17", {kClerk}).body, clerk + "[17] 2026-10-12T08:00");
  EXPECT_EQ(get("/api/test/notes/new", {kClerk}).body, clerk + " 2026-10-12T08:00");
  EXPECT_EQ(get("/api/test/notes/new/of/课", {kClerk}).body, clerk + "[new][课] 2026-10-12T08:00");
  EXPECT_EQ(header_of(get("/api/test/notes", {kClerk}), "Cache-Control"), "no-store");
  for (const char* path : {"/api", "/api/", "/api/none", "/api/test/notes/", "/api/test/notes/1/of",
                           "/api/test/notes//of/1"}) {
    const auto response = get(path, {kClerk});
    EXPECT_EQ(response.status, 404) << path;
    EXPECT_EQ(code_of(response), "api.no_route") << path;
    EXPECT_EQ(header_of(response, "Cache-Control"), "no-store") << path;
  }
  http::Request wrong;
  wrong.method = Method::delete_;
  wrong.path = "/api/test/notes";
  EXPECT_EQ(ask(wrong).status, 405);
  EXPECT_EQ(code_of(ask(wrong)), "api.wrong_method");
  EXPECT_EQ(header_of(ask(wrong), "Allow"), "GET, HEAD, POST");
  wrong.method = Method::head;
  wrong.headers = {kClerk};
  EXPECT_EQ(ask(wrong).status, 200);
  EXPECT_EQ(get("/api/test/number/12", {}).body, "12,50,");
  for (const char* bad : {"0", "-1", "x", "012", "9223372036854775808"}) {
    EXPECT_EQ(code_of(get("/api/test/number/" + std::string(bad), {})), "api.bad_id") << bad;
  }
  http::Request queried;
  queried.path = "/api/test/number/12";
  queried.query = {{"limit", "100"}, {"q", "课"}};
  EXPECT_EQ(ask(queried).body, "12,100,课");
  queried.query = {{"limit", "101"}};
  EXPECT_EQ(code_of(ask(queried)), "api.bad_query");
  http::Request large;
  large.method = Method::post;
  large.path = "/api/test/notes";
  EXPECT_EQ(dispatcher->admit(large).body_bytes_max, 65'536U);
}

TEST_F(Api, RefusesBrokenTables) {
  const auto table_with = [&](Method method, std::string_view path, auth::Permission permission,
                              Handler handler, const Doc& doc) {
    Room broken = room();
    broken.routes.emplace_back(method, path, permission, std::move(handler), doc);
    start({std::move(broken)});
  };
  const Read nothing_read = [](const Call&, sql::Reader&) -> Result<http::Response> {
    return nothing();
  };
  const Doc good{.id = "another", .summary = "Is another."};
  EXPECT_NO_THROW(table_with(Method::get, "/api/another", kRead, nothing_read, good));
  EXPECT_THROW(table_with(Method::get, "/api/test/notes", kRead, nothing_read, good),
               InvariantBroken);
  EXPECT_THROW(table_with(Method::get, "/api/test/notes/{other}", kRead, nothing_read, good),
               InvariantBroken);
  EXPECT_THROW(
      table_with(Method::get, "/api/a", kRead, nothing_read, {.id = "list_notes", .summary = "x"}),
      InvariantBroken);
  EXPECT_THROW(table_with(Method::get, "/api/a", kRead, nothing_read, {.summary = "x"}),
               InvariantBroken);
  EXPECT_THROW(table_with(Method::get, "/api/a", {99, "other.right"}, nothing_read, good),
               InvariantBroken);
  EXPECT_THROW(table_with(Method::get, "/api/a", kRead, Instantly{}, good), InvariantBroken);
  EXPECT_THROW(table_with(Method::get, "api/a", kRead, nothing_read, good), InvariantBroken);
}

TEST_F(Api, AsksForASessionAndItsRight) {
  start();
  EXPECT_EQ(code_of(get("/api/test/notes")), "api.not_signed_in");
  EXPECT_EQ(get("/api/test/notes").status, 401);
  EXPECT_EQ(code_of(get("/api/test/notes", {{"Authorization", "Bearer nobody"}})),
            "api.not_signed_in");
  EXPECT_EQ(code_of(get("/api/test/notes", {{"Authorization", "Basic clerk"}})),
            "api.not_signed_in");
  EXPECT_EQ(get("/api/test/notes", {{"Cookie", "a=b; sj=clerk"}}).status, 200);
  EXPECT_EQ(get("/api/test/notes", {kReader}).body, "guardian 9 in 430103  2026-10-12T08:00");
  EXPECT_EQ(code_of(post("/api/test/notes", "a", {kReader})), "api.forbidden");
  EXPECT_EQ(post("/api/test/notes", "a", {kReader}).status, 403);
  EXPECT_EQ(get("/api/test/me", {kReader}).body, "guardian 9 in 430103 nowhere  2026-10-12T08:00");
  EXPECT_EQ(code_of(get("/api/test/me")), "api.not_signed_in");
  EXPECT_EQ(get("/api/test/public").body, "nobody 0 in 0 nowhere  2026-10-12T08:00");
  EXPECT_EQ(get("/api/test/public", {kReader}).body,
            "guardian 9 in 430103 nowhere  2026-10-12T08:00");
  EXPECT_EQ(code_of(get("/api/test/operate", {kClerk})), "api.forbidden");
  EXPECT_EQ(get("/api/test/notes", {{"Authorization", "bEARER clerk"}}).status, 200);
  EXPECT_EQ(code_of(get("/api/test/notes", {{"Authorization", "Bearer broken"}})),
            "sql.unavailable");
  EXPECT_EQ(get("/api/test/notes", {{"Authorization", "Bearer broken"}}).body.find("gone"),
            std::string::npos)
      << "what is wrong with the store is for the log";
  EXPECT_EQ(number(kCount), 0);
}

TEST_F(Api, TrustsACookieOnlyWithItsCsrfToken) {
  start();
  const http::Header cookie{"Cookie", "sj=clerk"};
  EXPECT_EQ(code_of(post("/api/test/notes", "a", {cookie})), "api.csrf");
  EXPECT_EQ(code_of(post("/api/test/notes", "a", {cookie, {"X-CSRF-Token", "clerk"}})), "api.csrf");
  EXPECT_EQ(code_of(post("/api/test/notes", "a", {cookie, {"X-CSRF-Token", ""}})), "api.csrf");
  EXPECT_EQ(number(kCount), 0);
  const http::Header token{"X-CSRF-Token", "clerkclerk"};
  EXPECT_EQ(post("/api/test/notes", "a", {cookie, token}).status, 201);
  EXPECT_EQ(
      code_of(post("/api/test/notes", "a", {cookie, token, {"Sec-Fetch-Site", "cross-site"}})),
      "api.csrf");
  EXPECT_EQ(post("/api/test/notes", "a", {cookie, token, {"Sec-Fetch-Site", "same-origin"}}).status,
            201);
  EXPECT_EQ(post("/api/test/notes", "a", {kClerk}).status, 201);
  EXPECT_EQ(number(kCount), 3);
  // Where anybody may, a cookie without its token is nobody.
  http::Request put;
  put.method = Method::put;
  put.path = "/api/test/public";
  put.headers = {cookie};
  EXPECT_EQ(ask(put).body, "nobody 0 in 0 nowhere");
  put.headers.push_back(token);
  EXPECT_EQ(ask(put).body, "staff 7 in 430103 nowhere");
  put.headers = {{"Sec-Fetch-Site", "cross-site"}};
  EXPECT_EQ(code_of(ask(put)), "api.csrf");
}

TEST_F(Api, TheOperatorMayEverythingInTheAreaHeNames) {
  start();
  http::Request request;
  request.operator_socket = true;
  request.path = "/api/test/operate";
  request.headers = {{"X-Area", "430103"}};
  EXPECT_EQ(ask(request).body, "operator 0 in 430103 everywhere  2026-10-12T08:00");
  request.path = "/api/test/notes";
  EXPECT_EQ(ask(request).body, "operator 0 in 430103 everywhere  2026-10-12T08:00");
  request.headers = {};
  request.query = {{"area", "5"}};
  EXPECT_EQ(ask(request).body, "operator 0 in 5 everywhere  2026-10-12T08:00");
  request.headers = {{"X-Area", "changsha"}};
  EXPECT_EQ(code_of(ask(request)), "api.bad_area");
  http::Request add = post_of("/api/test/notes", "a", {});
  add.operator_socket = true;
  EXPECT_EQ(ask(add).status, 201);
  add.operator_socket = false;
  EXPECT_EQ(ask(add).status, 401);
  settings.find_area = [](sql::Reader&, std::string_view named) -> Result<std::int64_t> {
    return named == "changsha" ? std::int64_t{6} : std::int64_t{1};
  };
  dispatcher->close();
  start();
  EXPECT_EQ(ask(request).body, "operator 0 in 6 everywhere  2026-10-12T08:00");
}

TEST_F(Api, DoesOnceWhatIsAskedTwiceWithOneKey) {
  start();
  for (const char* path : {"/api/test/notes", "/api/test/slow", "/api/test/open"}) {
    const std::int64_t before = number(kCount);
    const http::Header key{"Idempotency-Key", "key-0001"};
    const auto first = post(path, "a", {kClerk, key});
    EXPECT_EQ(first.status, 201) << first.body;
    const auto second = post(path, "a", {kClerk, key});
    EXPECT_EQ(second.status, 201);
    EXPECT_EQ(second.body, first.body);
    EXPECT_EQ(header_of(second, "X-Now"), header_of(first, "X-Now"));
    EXPECT_NE(header_of(second, "X-Now"), "");
    EXPECT_EQ(number(kCount), before + 1) << path;
    const auto other_body = post(path, "b", {kClerk, key});
    EXPECT_EQ(other_body.status, 409);
    EXPECT_EQ(code_of(other_body), "api.idempotency_mismatch");
    EXPECT_NE(post(path, "a", {{"Authorization", "Bearer clerk2"}, key}).body, first.body)
        << "another's key";
    EXPECT_NE(post(path, "a", {kClerk, {"Idempotency-Key", "key-0002"}}).body, first.body);
    EXPECT_NE(post(path, "a", {kClerk}).body, first.body);
    EXPECT_EQ(number(kCount), before + 4) << path;
  }
  // A refusal is not kept: the next try may succeed.
  const std::int64_t kept = number(kKept);
  EXPECT_EQ(post("/api/test/notes", "refuse", {kClerk, {"Idempotency-Key", "key-0003"}}).status,
            409);
  EXPECT_EQ(number(kKept), kept);
  EXPECT_EQ(post("/api/test/notes", "fine", {kClerk, {"Idempotency-Key", "key-0003"}}).status, 201);
  for (const char* bad : {"short", "with blank in it", "quote\"quote\"", ""}) {
    EXPECT_EQ(code_of(post("/api/test/notes", "a", {kClerk, {"Idempotency-Key", bad}})),
              "api.bad_idempotency_key")
        << bad;
  }
  EXPECT_EQ(
      code_of(post("/api/test/notes", "a", {kClerk, {"Idempotency-Key", std::string(129, 'k')}})),
      "api.bad_idempotency_key");
  // Sealed: a reply may hold what only its asker may read.
  const auto connection = store.connect(sql::Mode::read);
  const auto sealed =
      connection->all(kAnyReply, {}, [](const sql::Row& row) { return row.text(0); });
  ASSERT_TRUE(sealed.ok());
  for (const std::string& one : sealed.value()) EXPECT_EQ(one.find("\"id\""), std::string::npos);
}

TEST_F(Api, KeepsNoReplyThatSignsSomebodyIn) {
  start();
  for (const char* path : {"/api/test/notes", "/api/test/slow", "/api/test/open"}) {
    const http::Header key{"Idempotency-Key", "key-0001"};
    const std::string first = header_of(post(path, "enter", {kClerk, key}), "Set-Cookie");
    EXPECT_NE(first, "");
    EXPECT_NE(header_of(post(path, "enter", {kClerk, key}), "Set-Cookie"), first)
        << path << ": whoever asks again proves again who he is";
    EXPECT_EQ(code_of(post(path, "a", {kClerk, key})), "api.idempotency_mismatch") << path;
    for (const std::string& one : opened_replies()) EXPECT_EQ(one.find("id"), std::string::npos);
  }
}

TEST_F(Api, TakesNoWordThatARouteDoesNotName) {
  start();
  http::Request asked;
  asked.path = "/api/test/notes";
  asked.headers = {kClerk};
  for (const char* good : {"long", ""}) {
    asked.query = {{"kind", good}};
    EXPECT_EQ(ask(asked).status, 200) << good;
  }
  asked.query = {{"kind", "nonsense"}};
  EXPECT_EQ(code_of(ask(asked)), "api.bad_query");
}

TEST_F(Api, TellsASecretAgainForAFewMinutesOnly) {
  start();
  const http::Header key{"Idempotency-Key", "key-0001"};
  const std::int64_t before = number(kCount);
  const auto first = post("/api/test/secrets", "a", {kClerk, key});
  EXPECT_EQ(first.status, 201);
  const auto again = post("/api/test/secrets", "a", {kClerk, key});
  EXPECT_EQ(again.status, 201);
  EXPECT_EQ(again.body, first.body);
  EXPECT_EQ(again.headers.size(), first.headers.size());
  EXPECT_EQ(code_of(post("/api/test/secrets", "b", {kClerk, key})), "api.idempotency_mismatch");
  clock.advance_ms((kSecretMinutes * 60'000) + 1);
  EXPECT_EQ(code_of(post("/api/test/secrets", "a", {kClerk, key})), "api.shown_once");
  EXPECT_EQ(number(kCount), before + 1);
}

TEST_F(Api, KeepsNoHashOfABodyThatOthersCanMake) {
  start();
  EXPECT_EQ(post("/api/test/notes", "a", {kClerk, {"Idempotency-Key", "key-0001"}}).status, 201);
  Hasher hasher;
  const Sha256 plain = hasher.hash({"|", post_of("", "a", {}).body});
  const std::string guessed(reinterpret_cast<const char*>(plain.data()), plain.size());
  const auto kept = store.connect(sql::Mode::read)->all(kAnyBody, {}, [](const sql::Row& row) {
    return row.text(0);
  });
  ASSERT_TRUE(kept.ok());
  ASSERT_EQ(kept.value().size(), 1U);
  EXPECT_NE(kept.value()[0], guessed);
}

TEST_F(Api, LetsLargeBodiesComeFromWhoMaySendThem) {
  start();
  const auto leave = [&](const std::string& path, std::vector<http::Header> headers) {
    http::Request request;
    request.method = Method::post;
    request.path = path;
    request.headers = std::move(headers);
    auto asked = std::make_shared<Asked>();
    dispatcher->ask_leave(std::move(request),
                          [asked](http::Response response) { asked->answer(std::move(response)); });
    return asked->await();
  };
  const std::int64_t before = number(kCount);
  EXPECT_EQ(leave("/api/test/notes", {}).status, 401);
  EXPECT_EQ(leave("/api/test/notes", {{"Authorization", "Bearer reader"}}).status, 403);
  EXPECT_EQ(code_of(leave("/api/test/notes", {{"Cookie", "sj=clerk"}})), "api.csrf");
  EXPECT_EQ(leave("/api/test/notes", {kClerk}).status, 100);
  EXPECT_EQ(leave("/api/test/notes", {{"Authorization", "Bearer broken"}}).status, 503);
  EXPECT_EQ(number(kCount), before) << "nothing has been done yet";
}

TEST_F(Api, NoPageOfAnotherSiteActsHere) {
  settings.base_url = "https://sj.example.cn";
  start();
  const auto origin = [&](const char* of, std::vector<http::Header> more = {}) {
    more.push_back({"Origin", of});
    more.push_back({"Host", "10.0.0.1:8080"});
    return post("/api/test/open", "a", std::move(more)).status;
  };
  EXPECT_EQ(origin("https://sj.example.cn"), 201);
  EXPECT_EQ(origin("http://10.0.0.1:8080"), 201);
  for (const char* other : {"https://evil.example", "null", "https://sj.example.cn.evil", ""}) {
    EXPECT_EQ(origin(other), 403) << other;
  }
  EXPECT_EQ(origin("https://evil.example", {{"Sec-Fetch-Site", "same-origin"}}), 201)
      << "the browser says so itself";
  EXPECT_EQ(origin("https://sj.example.cn", {{"Sec-Fetch-Site", "cross-site"}}), 403);
}

TEST_F(Api, TellsItsFiguresToWhoHoldsTheToken) {
  settings.metrics_token = "a token of nobody else";
  start();
  http::Request request;
  request.path = "/metrics";
  request.is_loopback = true;
  EXPECT_EQ(ask(request).status, 403);
  request.headers = {{"Authorization", "Bearer a token of somebody else"}};
  EXPECT_EQ(ask(request).status, 403);
  request.headers = {{"Authorization", "Bearer a token of nobody else"}};
  EXPECT_EQ(ask(request).status, 200);
  request.headers.clear();
  request.operator_socket = true;
  EXPECT_EQ(ask(request).status, 200);
  dispatcher->close();
  settings.metrics_token.clear();
  settings.metrics_on_loopback = false;
  start();
  request.operator_socket = false;
  EXPECT_EQ(ask(request).status, 403) << "behind a proxy everybody comes from this machine";
}

TEST_F(Api, DoesOnceWhatIsAskedManyTimesAtOnce) {
  settings.slow_threads = 4;
  start();
  for (const char* path : {"/api/test/notes", "/api/test/slow", "/api/test/open"}) {
    const std::int64_t before = number(kCount);
    std::vector<std::shared_ptr<Asked>> asked;
    asked.reserve(30);
    for (int i = 0; i < 30; ++i) {
      asked.push_back(begin(post_of(path, "a", {kClerk, {"Idempotency-Key", "key-at-once"}})));
    }
    std::set<std::string> bodies;
    for (const auto& one : asked) bodies.insert(one->await().body);
    EXPECT_EQ(bodies.size(), 1U) << path;
    EXPECT_EQ(number(kCount), before + 1) << path;
  }
}

TEST_F(Api, ForgetsRepliesAfterTwoDays) {
  start();
  const auto run_job = [&] { return desk->run(auth::Actor{}, forget_replies_job().work).ok(); };
  EXPECT_EQ(post("/api/test/notes", "a", {kClerk, {"Idempotency-Key", "key-0001"}}).status, 201);
  clock.advance_ms(47L * 3'600'000);
  EXPECT_TRUE(run_job());
  EXPECT_EQ(number(kKept), 1);
  clock.advance_ms(2L * 3'600'000);
  EXPECT_TRUE(run_job());
  EXPECT_EQ(number(kKept), 0);
}

TEST_F(Api, RehearsesAnotherTime) {
  start();
  const http::Header then{"X-Test-Now", "2027-03-01T09:30+08:00"};
  EXPECT_EQ(header_of(post("/api/test/notes", "a", {kClerk, then}), "X-Now"), "2026-10-12T08:00");
  dispatcher->close();
  settings.test_clock = true;
  start();
  for (const char* path : {"/api/test/notes", "/api/test/slow", "/api/test/open"}) {
    EXPECT_EQ(header_of(post(path, "a", {kClerk, then}), "X-Now"), "2027-03-01T09:30") << path;
    EXPECT_EQ(header_of(post(path, "a", {kClerk}), "X-Now"), "2026-10-12T08:00") << path;
  }
  EXPECT_EQ(get("/api/test/public", {then}).body, "nobody 0 in 0 nowhere  2027-03-01T09:30");
  const http::Header autumn{"Authorization", "Bearer autumn"};
  EXPECT_EQ(get("/api/test/me", {autumn}).status, 200);
  EXPECT_EQ(get("/api/test/me", {autumn, then}).status, 401) << "sessions end by that clock too";
  EXPECT_EQ(code_of(get("/api/test/public", {{"X-Test-Now", "2027-03-01"}})), "api.bad_test_now");
}

TEST_F(Api, SaysWhenTooManyAreWaiting) {
  settings.readers = 1;
  settings.read_queue = 2;
  settings.slow_queue = 2;
  start();
  std::vector<std::shared_ptr<Asked>> waiting;
  http::Request slow;
  slow.path = "/api/test/slow_gate";
  waiting.push_back(begin(slow));
  gate.await(1);
  for (int i = 0; i < 2; ++i) {
    waiting.push_back(begin(slow));
    EXPECT_EQ(get("/api/test/public").status, 200) << "so the only reader has passed it on";
  }
  auto refused = ask(slow);
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(code_of(refused), "api.slow_queue_full");
  EXPECT_EQ(header_of(refused, "Retry-After"), "1");
  EXPECT_EQ(get("/api/test/public").status, 200) << "reads pass the slow ones";
  http::Request read;
  read.path = "/api/test/gate";
  waiting.push_back(begin(read));
  gate.await(2);
  for (int i = 0; i < 2; ++i) waiting.push_back(begin(read));
  refused = ask(read);
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(code_of(refused), "api.busy");
  EXPECT_EQ(get("/healthz").status, 200) << "health passes them all";
  gate.open();
  for (const auto& one : waiting) EXPECT_EQ(one->await().body, "passed");
}

TEST_F(Api, FaultsOfOursAreAnsweredWithoutTheirReason) {
  start();
  const auto read = get("/api/test/throw");
  EXPECT_EQ(read.status, 500);
  EXPECT_EQ(code_of(read), "api.fault");
  EXPECT_EQ(read.body.find("detail"), std::string::npos) << read.body;
  EXPECT_EQ(code_of(post("/api/test/notes", "break", {kClerk})), "desk.fault");
  EXPECT_EQ(post("/api/test/notes", "a", {kClerk}).status, 201) << "and the next one is served";
  EXPECT_EQ(code_of(post("/api/test/notes", "a\"", {kClerk})), "json.syntax");
}

TEST_F(Api, CloseFinishesWhatWaits) {
  start();
  std::vector<std::shared_ptr<Asked>> asked;
  asked.reserve(50);
  for (int i = 0; i < 50; ++i) {
    asked.push_back(
        begin(post_of(i % 2 == 0 ? "/api/test/notes" : "/api/test/open", "a", {kClerk})));
  }
  dispatcher->close();
  for (const auto& one : asked) {
    const std::lock_guard hold(one->mutex);
    ASSERT_TRUE(one->response.has_value());
    EXPECT_EQ(one->response->status, 201);
  }
  EXPECT_EQ(code_of(get("/api/test/public")), "api.busy");
}

TEST_F(Api, CompressesOnlyWhatAnybodyMayRead) {
  start();
  const http::Header zip{"Accept-Encoding", "gzip"};
  const auto much = get("/api/test/much", {zip});
  EXPECT_EQ(header_of(much, "Content-Encoding"), "gzip");
  EXPECT_EQ(header_of(much, "Vary"), "Accept-Encoding");
  EXPECT_LT(much.body.size(), 100U);
  EXPECT_EQ(much.body.substr(0, 2), "\x1f\x8b");
  EXPECT_EQ(get("/api/test/much").body.size(), 5000U);
  EXPECT_EQ(header_of(get("/api/test/much"), "Vary"), "Accept-Encoding");
  EXPECT_EQ(get("/api/test/public", {zip}).body.substr(0, 6), "nobody") << "too little to gain";
  EXPECT_EQ(get("/api/test/mine", {kReader, zip}).body.size(), 5000U) << "secrets never";
}

TEST_F(Api, ServesFiles) {
  start();
  const auto text = [](const char* bytes) { return std::make_shared<const std::string>(bytes); };
  std::vector<StaticFile> files;
  files.push_back({"/index.html", "text/html; charset=utf-8", "i1", false, text("page"), text("gz"),
                   text("br")});
  files.push_back(
      {"/assets/a-1.js", "text/javascript", "\"a1\"", true, text("code"), nullptr, nullptr});
  dispatcher->serve_files(std::move(files));
  const auto body = [](const http::Response& response) {
    return response.shared ? *response.shared : response.body;
  };
  EXPECT_EQ(body(get("/index.html")), "page");
  const auto zipped = get("/", {{"Accept-Encoding", "gzip, deflate, br"}});
  EXPECT_EQ(body(zipped), "br");
  EXPECT_EQ(header_of(zipped, "Content-Encoding"), "br");
  EXPECT_EQ(header_of(zipped, "Vary"), "Accept-Encoding");
  EXPECT_EQ(header_of(zipped, "ETag"), "\"i1-br\"");
  EXPECT_EQ(header_of(zipped, "Cache-Control"), "no-cache");
  EXPECT_EQ(body(get("/family/children", {{"Accept-Encoding", "br;q=0, gzip"}})), "gz")
      << "address of a page";
  const auto known = get("/", {{"Accept-Encoding", "br"}, {"If-None-Match", "\"x\", W/\"i1-br\""}});
  EXPECT_EQ(known.status, 304);
  EXPECT_EQ(body(known), "");
  EXPECT_EQ(get("/", {{"If-None-Match", "\"i1-br\""}}).status, 200)
      << "another encoding is another thing";
  const auto asset = get("/assets/a-1.js", {{"Accept-Encoding", "br"}});
  EXPECT_EQ(body(asset), "code");
  EXPECT_EQ(header_of(asset, "Cache-Control"), "public, max-age=31536000, immutable");
  EXPECT_EQ(header_of(asset, "Vary"), "");
  EXPECT_EQ(get("/assets/none.js").status, 404);
  EXPECT_EQ(get("/api/none").status, 404);
  EXPECT_EQ(post("/index.html", "a").status, 404);
}

TEST_F(Api, DescribesItself) {
  start();
  const std::string document = dispatcher->openapi();
  EXPECT_EQ(get("/api/openapi.json").body, document);
  EXPECT_TRUE(json::parse(document).ok());
  for (
      const char* part :
      {R"("openapi":"3.1.0")",
       R"("/api/test/notes/{note}/of/{child}":{"get":{"operationId":"get_note_of")",
       R"({"name":"child","in":"path","required":true,)", R"("x-permission":"test.write")",
       R"("requestBody":{"required":true,"content":{"application/json":{"schema":{"type":"object","properties":{"text")",
       R"("default":{"$ref":"#/components/responses/Problem"})"}) {
    EXPECT_NE(document.find(part), std::string::npos) << part;
  }
  for (const char* part :
       {R"({"name":"kind","in":"query","required":false,"description":"of this kind",)"
        R"("schema":{"type":"string","enum":["long","short"]}})",
        R"("of this child","schema":{"type":"string","pattern":"^[1-9][0-9]{0,18}$"}})",
        R"("at most","schema":{"type":"integer","format":"int64"}})",
        R"("first day","schema":{"type":"string","format":"date"}})",
        R"("what they say","schema":{"type":"string"}})"}) {
    EXPECT_NE(document.find(part), std::string::npos) << part;
  }
  EXPECT_EQ(document_of({room()}, settings), document) << "told without a server";
  EXPECT_EQ(document.find("/healthz"), std::string::npos) << "not under /api";
  EXPECT_EQ(get("/api/test/public").status, 200);
  EXPECT_EQ(get("/none").status, 404);
  EXPECT_EQ(get("/metrics").status, 403) << "not everybody's";
  http::Request from_here;
  from_here.path = "/metrics";
  from_here.is_loopback = true;
  const std::string metrics = ask(from_here).body;
  for (const char* line :
       {"shuangjian_requests_total{route=\"tell_public\",status=\"200\"} 1\n",
        "shuangjian_requests_total{route=\"none\",status=\"404\"} 1\n",
        "shuangjian_request_seconds_bucket{route=\"tell_public\",le=\"+Inf\"} 1\n",
        "shuangjian_request_seconds_bucket{route=\"tell_public\",le=\"0.500000\"} 1\n",
        "# TYPE shuangjian_desk_units_total counter\n"}) {
    EXPECT_NE(metrics.find(line), std::string::npos) << line << metrics;
  }
}

TEST_F(Api, HandsOutSafeCookiesAndNames) {
  settings.secure_cookie = true;
  start();
  EXPECT_EQ(header_of(post("/api/test/notes", "enter", {kClerk}), "Set-Cookie"),
            "sj=secret-1; Path=/; HttpOnly; SameSite=Lax; Max-Age=60; Secure");
  EXPECT_EQ(header_of(download("x", "text/csv", "名单 1.csv"), "Content-Disposition"),
            "attachment; filename*=UTF-8''%E5%90%8D%E5%8D%95%201.csv");
}

// What a socket sends back for these bytes, until it is closed.
std::string converse(std::uint16_t port, std::string_view bytes) {
  const int file = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::string all;
  if (::connect(file, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
      ::send(file, bytes.data(), bytes.size(), MSG_NOSIGNAL) > 0) {
    std::array<char, 4096> buffer{};
    for (ssize_t got = 0; (got = ::recv(file, buffer.data(), buffer.size(), 0)) > 0;) {
      all.append(buffer.data(), static_cast<std::size_t>(got));
    }
  }
  ::close(file);
  return all;
}

TEST_F(Api, AnswersThroughASocket) {
  start();
  http::Options options;
  options.port = 0;
  auto started = http::Server::start(options, *dispatcher);
  ASSERT_TRUE(started.ok());
  http::Server& server = *started.value();
  dispatcher->watch([&server] { return server.counts(); });
  const std::string head =
      " HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: Bearer clerk\r\n";
  const std::string added = converse(
      server.port(), "POST /api/test/notes" + head + "Content-Length: 12\r\n\r\n{\"text\":\"a\"}");
  EXPECT_EQ(added.substr(0, 22), "HTTP/1.1 201 Created\r\n") << added;
  EXPECT_NE(added.find("\r\nCache-Control: no-store\r\n"), std::string::npos) << added;
  EXPECT_NE(added.find("\r\n\r\n{\"id\":\"1\"}"), std::string::npos) << added;
  const std::string large = converse(server.port(), "POST /api/test/notes" + head +
                                                        "Accept-Language: en\r\n"
                                                        "Content-Length: 99999\r\n\r\n");
  EXPECT_EQ(large.substr(0, 12), "HTTP/1.1 413") << large;
  EXPECT_NE(large.find("\"title\":\"The body is too large.\""), std::string::npos) << large;
  EXPECT_NE(large.find("Content-Type: application/problem+json"), std::string::npos) << large;
  EXPECT_EQ(converse(server.port(), "GET /%ff" + head + "\r\n").substr(0, 12), "HTTP/1.1 400");
  EXPECT_EQ(converse(server.port(), "OPTIONS /" + head + "\r\n").substr(0, 12), "HTTP/1.1 501");
  EXPECT_NE(dispatcher->metrics().find("shuangjian_http_requests_total 4\n"), std::string::npos)
      << dispatcher->metrics();
  server.stop();
  dispatcher->watch(nullptr);
}

}  // namespace
}  // namespace sj::api
