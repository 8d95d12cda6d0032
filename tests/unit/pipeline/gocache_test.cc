// The messages of the go command, and what its cache does while there is no server. Its threads also run under
// ThreadSanitizer.
#include <objstore/gocache.h>

#include <boost/json.hpp>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "client/pipeline/gocache_message.h"
#include "common/base/bytes.h"
#include "common/base/digest.h"
#include "tests/support/temporary_directory.h"

using namespace objstore;
using namespace objstore::client;

namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

Errc refusal(std::string_view line) {
  const auto read = read_go_cache_request(line);
  REQUIRE_FALSE(read);
  return read.error().code;
}

struct Folder {
  test::TemporaryDirectory directory;
  fs::path path = directory.path();
};

std::string put_lines(int id, const std::string& action, const std::string& body) {
  json::object put{{"ID", id},
                   {"Command", "put"},
                   {"ActionID", to_base64(as_bytes(action))},
                   {"OutputID", to_base64(sha256(as_bytes(body)))},
                   {"BodySize", body.size()}};
  std::string out = json::serialize(put) + "\n";
  if (!body.empty()) out += "\"" + to_base64(as_bytes(body)) + "\"\n";
  return out;
}

std::string get_line(int id, const std::string& action) {
  return json::serialize(json::object{{"ID", id}, {"Command", "get"}, {"ActionID", to_base64(as_bytes(action))}}) +
         "\n";
}

struct Served {
  Result<GoCacheSummary> summary = fail(Errc::kInternal, "not called");
  std::map<std::int64_t, json::object> answers;  // by ID
};

// Against a port where nobody listens.
Served serve(const Folder& folder, const std::string& requests) {
  Client client = Client::create({.endpoint = "http://127.0.0.1:1", .attempts_max = 1}).value();
  std::istringstream in(requests);
  std::ostringstream out;
  Served served;
  served.summary = serve_go_cache(client, BucketName::parse("bkt").value(),
                                  {.directory = (folder.path / "cache").string()}, in, out);
  std::istringstream lines(out.str());
  for (std::string line; std::getline(lines, line);) {
    const json::object answer = json::parse(line).get_object();
    served.answers[answer.at("ID").get_int64()] = answer;
  }
  return served;
}

std::string text_of(const json::object& object, const char* name) {
  const json::value* value = object.if_contains(name);
  return value == nullptr ? std::string() : std::string(value->get_string().c_str());
}

}  // namespace

TEST_CASE("a request of the go command is read with all its fields") {
  const auto put =
      read_go_cache_request(R"({"ID":7,"Command":"put","ActionID":"AQI=","OutputID":"AwQ=","BodySize":5,"Later":[1]})");
  REQUIRE(put);
  CHECK(put->id == 7);
  CHECK(put->command == "put");
  CHECK(put->action == "\x01\x02");
  CHECK(put->output == "\x03\x04");
  CHECK(put->body_size == 5);
  const auto close = read_go_cache_request(R"({"ID":8,"Command":"close","ActionID":null})");
  REQUIRE(close);
  CHECK(close->action.empty());
}

TEST_CASE("what is no request is refused") {
  for (const char* line : {"", "[]", "{", R"({"Command":"get"})", R"({"ID":"1","Command":"get"})", R"({"ID":1})",
                           R"({"ID":1,"Command":"get","ActionID":"*"})", R"({"ID":1,"Command":"get","ActionID":5})",
                           R"({"ID":1,"Command":"put","BodySize":-1})", R"({"ID":1,"Command":"put","BodySize":"1"})"}) {
    INFO(line);
    CHECK(refusal(line) == Errc::kMalformed);
  }
}

TEST_CASE("a body is a string of base64 of the length that was said") {
  CHECK(read_go_cache_body("\"aGVsbG8=\"", 5).value() == "hello");
  CHECK_FALSE(read_go_cache_body("\"aGVsbG8=\"", 4));
  CHECK_FALSE(read_go_cache_body("aGVsbG8=", 5));
  CHECK_FALSE(read_go_cache_body("\"", 0));
  CHECK_FALSE(read_go_cache_body("\"aGVs bG8=\"", 5));
}

TEST_CASE("an answer says what the go command asks for, and no more") {
  CHECK(write_go_cache_answer({.id = 1, .miss = true}) == "{\"ID\":1,\"Miss\":true}\n");
  CHECK(write_go_cache_answer({.id = 2, .error = "no \"space\""}) == "{\"ID\":2,\"Err\":\"no \\\"space\\\"\"}\n");
  const json::object hit =
      json::parse(write_go_cache_answer({.id = 3, .output = "\x01", .size = 9, .path = "/p"})).get_object();
  CHECK(text_of(hit, "OutputID") == "AQ==");
  CHECK(hit.at("Size").get_int64() == 9);
  CHECK(text_of(hit, "DiskPath") == "/p");
}

TEST_CASE("without a server what was built is found again, and the rest is a miss") {
  const Folder folder;
  std::string requests;
  constexpr int kActions = 40;
  for (int i = 0; i < kActions; ++i)
    requests += put_lines(i + 1, "action" + std::to_string(i), std::string(i * 100, 'x'));
  requests += "{\"ID\":1000,\"Command\":\"close\"}\n";
  const Served puts = serve(folder, requests);
  REQUIRE(puts.summary);
  CHECK(puts.summary->puts == kActions);
  CHECK(puts.summary->failures == kActions);
  CHECK_FALSE(puts.summary->first_failure.empty());
  CHECK(puts.answers.size() == kActions + 2);  // the greeting and the close
  CHECK(puts.answers.contains(1000));

  requests.clear();
  for (int i = 0; i < 2 * kActions; ++i) requests += get_line(i + 1, "action" + std::to_string(i));
  const Served gets = serve(folder, requests);
  REQUIRE(gets.summary);
  CHECK(gets.summary->local_hits == kActions);
  CHECK(gets.summary->failures == kActions);
  for (int i = 0; i < 2 * kActions; ++i) {
    const json::object& answer = gets.answers.at(i + 1);
    CHECK(answer.contains("Miss") == (i >= kActions));
    if (i < kActions) CHECK(fs::file_size(text_of(answer, "DiskPath")) == static_cast<std::uintmax_t>(i) * 100);
  }
}

TEST_CASE("a local body that lost its end is a miss, not a shorter output") {
  const Folder folder;
  const Served put = serve(folder, put_lines(1, "a", "0123456789"));
  fs::resize_file(text_of(put.answers.at(1), "DiskPath"), 5);
  CHECK(serve(folder, get_line(1, "a")).answers.at(1).contains("Miss"));
}

TEST_CASE("what is not the protocol ends the service") {
  const Folder folder;
  CHECK(serve(folder, "hello\n").summary.error().code == Errc::kMalformed);
  CHECK(serve(folder, "{\"ID\":1,\"Command\":\"evict\"}\n").summary.error().code == Errc::kMalformed);
  CHECK(serve(folder, get_line(1, std::string(65, 'a'))).summary.error().code == Errc::kMalformed);
}
