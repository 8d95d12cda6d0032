// The administration and the dispatcher.
#include <catch2/catch.hpp>

#include "server/api/admin/admin_front.h"
#include "server/api/dispatch.h"
#include "tests/unit/api/s3_bench.h"

using namespace objstore;
using namespace objstore::s3::testing;

namespace {

struct AdminBench {
  explicit AdminBench(admin::AdminOptions o = {}) : options(std::move(o)) {}

  TwoAccounts accounts;
  test::FakeClock clock;
  auth::Authenticator authenticator{accounts, clock, {}};
  Status ready;
  int rotations = 0;
  std::vector<admin::JobReport> jobs{};
  admin::AdminOptions options;
  admin::AdminFront front{
      authenticator,
      {.ready = [this] { return ready; },
       .metrics = [] { return std::string("objd_up 1\n"); },
       .status = []() -> Result<admin::StatusReport> {
         admin::StatusReport report;
         report.version = "1.2.3";
         report.logical_bytes = 7;
         return report;
       },
       .rotate_root_key = [this]() -> Result<std::string> {
         ++rotations;
         return "NEWKEY";
       },
       .start_job = [this](std::string_view kind, std::string_view query) -> Result<admin::JobReport> {
         if (query == "wrong=1") return fail(Errc::kInvalidArgument, "wrong");
         if (!jobs.empty()) return fail(Errc::kConflict, "it runs");
         jobs.push_back({.id = 1, .kind = std::string(kind), .state = "running"});
         return jobs.back();
       },
       .jobs = [this] { return jobs; }},
      options};

  wire::RequestHead head(const std::string& method, const std::string& path, std::string_view key = {}) {
    wire::OutgoingRequest out{.method = method, .path = path, .query = "", .headers = {}};
    out.headers.add("Host", "localhost");
    if (!key.empty())
      REQUIRE(wire::sign_request(out, {std::string(key), std::string(kSecret), ""}, {.now_ms = clock.now_ms()},
                                 wire::kEmptySha256));
    wire::RequestHead h;
    h.method = method;
    h.path = path;
    h.headers = out.headers;
    h.request_id = "0123456789ABCDEF";
    return h;
  }
  api::Reply ask(const std::string& method, const std::string& path, std::string_view key = {}) {
    const wire::RequestHead h = head(method, path, key);
    auto exchange = front.begin(h);
    return test::must(std::get<Ticket<api::Reply>>(exchange).wait());
  }
};

struct Named final : api::Handler {
  explicit Named(std::string n) : name(std::move(n)) {}
  api::Exchange begin(const wire::RequestHead&) override {
    api::Reply reply;
    reply.body = name;
    return Ticket<api::Reply>(std::move(reply));
  }
  api::Reply refuse_head(const wire::RequestHead&, int, const Error&) override { return {}; }
  std::string name;
};

}  // namespace

TEST_CASE("health says up or down to anybody") {
  AdminBench bench;
  CHECK(bench.ask("GET", "/-/health/live").status == 200);
  CHECK(bench.ask("HEAD", "/-/health/live").body.empty());
  CHECK(bench.ask("GET", "/-/health/ready").status == 200);
  bench.ready = fail(Errc::kNoSpace, "the disk is nearly full");
  const auto reply = bench.ask("GET", "/-/health/ready");
  CHECK(reply.status == 503);
  CHECK(reply.body == "not ready\n");
}

TEST_CASE("G15: metrics are for the root key, for who has their token, or for everybody") {
  AdminBench bench;
  const auto asked_with = [](AdminBench& b, const std::string& authorization) {
    wire::RequestHead head = b.head("GET", "/-/metrics");
    if (!authorization.empty()) head.headers.add("Authorization", authorization);
    auto exchange = b.front.begin(head);
    return test::must(std::get<Ticket<api::Reply>>(exchange).wait()).status;
  };
  CHECK(bench.ask("GET", "/-/metrics", kAlice).body == "objd_up 1\n");
  CHECK(bench.ask("GET", "/-/metrics", kBob).status == 403);
  CHECK(asked_with(bench, "") == 403);
  CHECK(asked_with(bench, "Bearer ") == 403);
  AdminBench with_token({.metrics_token = "scrape-me"});
  CHECK(asked_with(with_token, "Bearer scrape-me") == 200);
  for (const char* wrong : {"", "Bearer scrape-m", "Bearer scrape-me2", "bearer scrape-me", "Bearer"})
    CHECK(asked_with(with_token, wrong) == 403);
  AdminBench open({.open_metrics = true});
  CHECK(asked_with(open, "") == 200);
}

TEST_CASE("the operator's requests are for the root key alone") {
  AdminBench bench;
  for (const std::string_view key : {std::string_view(), kBob, std::string_view("NOBODY")}) {
    CHECK(bench.ask("GET", "/-/status", key).status == 403);
    CHECK(bench.ask("POST", "/-/rotate-root-key", key).status == 403);
  }
  CHECK(bench.rotations == 0);
  const auto status = bench.ask("GET", "/-/status", kAlice);
  CHECK(status.status == 200);
  CHECK(status.body.contains("\"version\":\"1.2.3\""));
  CHECK(status.body.contains("\"logical_bytes\":7"));
  CHECK(bench.ask("GET", "/-/rotate-root-key", kAlice).status == 405);
  CHECK(bench.ask("POST", "/-/rotate-root-key", kAlice).body.contains("NEWKEY"));
  CHECK(bench.rotations == 1);
  CHECK(bench.ask("GET", "/-/debug", kAlice).status == 404);
}

TEST_CASE("jobs are listed, and one is shown with its result, to the root key alone") {
  AdminBench bench;
  bench.jobs.push_back({.id = 3, .kind = "fsck", .state = "done", .fraction = 1, .result = R"({"findings":[]})"});
  CHECK(bench.ask("GET", "/-/jobs", kBob).status == 403);
  CHECK(bench.ask("GET", "/-/jobs/fsck", kBob).status == 403);
  const auto all = bench.ask("GET", "/-/jobs", kAlice);
  CHECK(all.status == 200);
  CHECK(all.body.contains("\"kind\":\"fsck\""));
  CHECK_FALSE(all.body.contains("findings"));
  CHECK(bench.ask("GET", "/-/jobs/fsck", kAlice).body.contains("\"result\":{\"findings\":[]}"));
  CHECK(bench.ask("GET", "/-/jobs/scrub", kAlice).status == 404);
}

TEST_CASE("a job is started by the root key alone, and one of a kind at a time") {
  AdminBench bench;
  CHECK(bench.ask("POST", "/-/fsck", kBob).status == 403);
  CHECK(bench.jobs.empty());
  CHECK(bench.ask("GET", "/-/fsck", kAlice).status == 405);
  CHECK(bench.ask("POST", "/-/fsck", kAlice).body.contains("\"state\":\"running\""));
  CHECK(bench.ask("POST", "/-/fsck", kAlice).status == 409);
}

TEST_CASE("what lies below /-/ is internal, but not where the host names a bucket") {
  AdminBench bench;
  Named s3("s3");
  Named admin("admin");
  api::Dispatcher dispatcher(s3, admin, {"s3.example"});
  const auto asked = [&](const std::string& path, const std::string& host) {
    wire::RequestHead head = bench.head("GET", path);
    head.headers.set("Host", host);
    auto exchange = dispatcher.begin(head);
    return test::must(std::get<Ticket<api::Reply>>(exchange).wait()).body;
  };
  CHECK(asked("/-/status", "localhost") == "admin");
  CHECK(asked("/-/status", "s3.example") == "admin");
  CHECK(asked("/-/status", "bucket.s3.example:9000") == "s3");
  CHECK(asked("/-", "localhost") == "s3");
  CHECK(asked("/admin/x", "localhost") == "s3");
}
