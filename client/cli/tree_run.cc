#include "client/cli/tree_run.h"

#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>

#include "client/cli/units.h"
#include "common/base/digest.h"

namespace objstore::cli {
namespace {

// "bucket" and "key" of "bucket/key".
void add_object(JsonLine& line, std::string_view name, std::string_view bucket_field, std::string_view key_field) {
  const auto slash = name.find('/');
  line.add(bucket_field, name.substr(0, slash)).add(key_field, name.substr(slash + 1));
}

}  // namespace

void TreeRun::print_copy(const client::SyncEvent& event, std::string_view verb) {
  if (!session_.json()) {
    const std::string would = dry_run_ ? "would " + words_.infinitive : words_.done;
    std::string line = would + " ";
    if (verb == "put") line += event.target;
    if (verb == "get") line += event.target;
    if (verb == "copy") line += event.source + " to " + event.target;
    session_.note(line + ", " + human_size(event.size));
    return;
  }
  JsonLine line;
  if (verb == "put") {
    add_object(line, event.target, "bucket", "key");
    line.add("file", event.source);
  } else if (verb == "get") {
    add_object(line, event.source, "bucket", "key");
    line.add("file", event.target);
  } else {
    add_object(line, event.source, "from_bucket", "from_key");
    add_object(line, event.target, "bucket", "key");
  }
  line.add("size", event.size);
  if (!event.etag.empty()) line.add("etag", event.etag);
  if (!event.checksum.empty()) line.add("checksum", event.checksum);
  if (verb == "get" && !dry_run_) line.add("verified", event.verified);
  if (dry_run_) line.add("dry_run", true);
  session_.print(line);
}

void TreeRun::event(const client::SyncEvent& event) {
  const bool copy = event.action == client::SyncAction::kCopy;
  if (event.error) {
    if (copy) view_.failed(event.path);
    tally_.failed(event.error->code);
    const std::string& name = event.action == client::SyncAction::kRemove ? event.target : event.source;
    session_.report((copy ? words_.infinitive : "remove") + " " + name, *event.error);
    return;
  }
  tally_.succeeded();
  if (!copy) {
    if (session_.json()) {
      JsonLine line;
      line.add("removed", true).add("name", event.target);
      if (dry_run_) line.add("dry_run", true);
      session_.print(line);
    } else {
      session_.note((dry_run_ ? "would remove " : "removed ") + event.target);
    }
    return;
  }
  view_.finished(event.path, event.size);
  // What the words are about: the side that is not the store's.
  print_copy(event, words_.done == "put" ? "put" : words_.done == "got" ? "get" : "copy");
}

client::SyncOptions TreeRun::options() {
  client::SyncOptions options{.dry_run = dry_run_,
                              .files_at_once = session_.files_at_once(),
                              .get = {.resume = true},
                              .keep_times = false,
                              .observer = this,
                              .stop = session_.stop()};
  options.resume_file_for = [this](const std::string& file, const client::ObjectName& to) {
    return resume_file_for(session_, file, to);
  };
  return options;
}

ExitCode TreeRun::run(const client::Place& from, const client::Place& to, const client::SyncOptions& options,
                      const std::string& what) {
  const auto report = client::sync(session_.client(), from, to, options);
  if (!report) {
    const bool nothing_done = tally_.total() == 0;
    tally_.failed(report.error().code);
    const ExitCode code = session_.report(what, report.error());
    return nothing_done ? code : tally_.exit_code();
  }
  if (report->passed_over > 0) {
    session_.warn("passed over " + std::to_string(report->passed_over) + " symbolic link" +
                  (report->passed_over == 1 ? "" : "s") + " and devices");
  }
  if (report->failed > 0 && options.remove_extra) {
    session_.warn("nothing was removed, since not all was copied");
  }
  return tally_.exit_code();
}

std::string resume_file_for(Session& session, const std::string& file, const client::ObjectName& to) {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value == nullptr ? "" : value);
  };
  std::string base = variable("XDG_STATE_HOME");
  if (base.empty() && !variable("HOME").empty()) base = variable("HOME") + "/.local/state";
  if (base.empty()) return {};
  std::error_code ec;
  const std::filesystem::path folder = std::filesystem::path(base) / "objcli" / "uploads";
  std::filesystem::create_directories(folder, ec);
  if (ec) return {};
  const std::string path = std::filesystem::absolute(file, ec).lexically_normal().string();
  const std::string name =
      session.client_options().endpoint + "\n" + to.bucket.str() + "\n" + to.key.str() + "\n" + path;
  return (folder / to_hex(sha256(as_bytes(name))).substr(0, 32)).string();
}

}  // namespace objstore::cli
