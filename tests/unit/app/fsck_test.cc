#include "server/app/fsck.h"

#include <catch2/catch.hpp>

#include "tests/support/test_store.h"

using namespace objstore;
using namespace objstore::app;
using storage::Finding;
using storage::Findings;
using storage::Severity;

namespace {

Finding finding(Severity severity, std::vector<storage::Owner> owners) {
  return {.severity = severity,
          .kind = "chunk-unreadable",
          .message = "chunk 12 is damaged",
          .advice = "Upload it again.",
          .owners = std::move(owners)};
}

}  // namespace

TEST_CASE("the report of a clean store says what was looked at") {
  const std::string report = fsck_json({}, {});
  CHECK(test::must(fsck_exit_status(report)) == 0);
  CHECK(test::must(fsck_text(report)) == "The store is clean: all rows were checked, data was not read.\n");
  CHECK(test::must(fsck_text(fsck_json({}, {.read_data = true}))).contains("all rows and data"));
}

TEST_CASE("a report names what is concerned, and what to do") {
  Findings findings;
  findings.add(finding(Severity::kDamage, {{.bucket = "photos", .key = "a\nb", .version = "v1"},
                                           {.bucket = "photos", .key = "c", .upload = "u7", .part = 3}}));
  const std::string report = fsck_json(findings, {});
  CHECK(test::must(fsck_exit_status(report)) == 1);
  const std::string text = test::must(fsck_text(report));
  CHECK(text.contains("damage (chunk-unreadable): chunk 12 is damaged\n"));
  CHECK(text.contains("  concerns photos/a\\x0ab, version v1\n"));
  CHECK(text.contains("  concerns photos/c, upload u7, part 3\n"));
  CHECK(text.contains("  to do: Upload it again.\n"));
  CHECK(text.contains("Findings: 1 of damage, 0 leaks"));
}

TEST_CASE("leaks alone have an exit status of their own") {
  Findings findings;
  findings.add(finding(Severity::kLeak, {}));
  CHECK(test::must(fsck_exit_status(fsck_json(findings, {}))) == kExitLeaks);
  findings.add(finding(Severity::kDamage, {}));
  CHECK(test::must(fsck_exit_status(fsck_json(findings, {}))) == 1);
}

TEST_CASE("a name that is no UTF-8 does not break the report") {
  Findings findings;
  findings.add(finding(Severity::kDamage, {{.bucket = "photos", .key = "\xff"}}));
  CHECK(test::must(fsck_text(fsck_json(findings, {}))).contains("photos/"));
}

TEST_CASE("findings that were not kept are counted") {
  Findings findings;
  for (std::size_t i = 0; i < Findings::kKept + 3; ++i) findings.add(finding(Severity::kLeak, {}));
  CHECK(test::must(fsck_text(fsck_json(findings, {}))).contains("and 3 findings more"));
}

TEST_CASE("what is no report is said to be none") {
  CHECK(test::error_of(fsck_text("{}")) == Errc::kMalformed);
  CHECK(test::error_of(fsck_exit_status("[")) == Errc::kMalformed);
}
