#include "client/cli/transfers.h"

#include <objstore/sync.h>

#include <filesystem>
#include <utility>

#include "client/cli/stdio.h"
#include "client/cli/tree_run.h"
#include "client/cli/units.h"
#include "client/lib/content_type.h"

namespace objstore::cli {
namespace {

// What a transfer by differences has to say of itself, for text and JSON.
template <typename Delta>
std::string delta_words(const std::optional<Delta>& delta, std::string_view done, std::uint64_t travelled) {
  if (!delta) return {};
  if (!delta->delta) return ", all of it " + std::string(done) + " (" + delta->why_not + ")";
  return ", " + std::string(done) + " " + human_size(travelled);
}

template <typename Delta>
void add_delta(JsonLine& line, const Delta& delta) {
  line.add("delta", delta.delta).add("received_bytes", delta.received_bytes);
  if (!delta.delta) line.add("why_not", delta.why_not);
}

void print_put(Session& session, const PutTask& task, const client::PutResult& result,
               const std::optional<client::DeltaPutResult>& delta) {
  if (!session.json()) {
    std::string line = "put " + task.to.str() + ", " + human_size(result.size) +
                       delta_words(delta, "sent", delta ? delta->sent_bytes : 0);
    if (result.resumed > 0) line += ", of which " + human_size(result.resumed) + " were there from before";
    return session.note(line);
  }
  JsonLine line;
  line.add("bucket", task.to.bucket.str()).add("key", task.to.key).add("size", result.size).add("etag", result.etag);
  if (!result.checksum.empty()) line.add("checksum", result.checksum);
  if (result.resumed > 0) line.add("resumed", result.resumed);
  if (delta) {
    add_delta(line, *delta);
    line.add("sent_bytes", delta->sent_bytes);
  }
  session.print(line.add("file", task.file));
}

void print_get(Session& session, const GetTask& task, const client::ObjectInfo& info,
               const std::optional<client::DeltaGetResult>& delta) {
  if (task.file == "-") return;
  if (!session.json()) {
    std::string line = "got " + task.file + ", " + human_size(info.size) +
                       delta_words(delta, "received", delta ? delta->received_bytes : 0);
    if (info.resumed > 0) line += ", of which " + human_size(info.resumed) + " were there from before";
    return session.note(line);
  }
  JsonLine line;
  line.add("bucket", task.from.bucket.str()).add("key", task.from.key.str()).add("size", info.size);
  line.add("etag", info.etag);
  if (info.resumed > 0) line.add("resumed", info.resumed);
  if (delta) add_delta(line, *delta);
  session.print(line.add("file", task.file).add("verified", info.verified));
}

client::Control control_for(Session& session, TransferView& view, const std::string& name) {
  return {.progress = [&view, name](std::uint64_t done,
                                    std::optional<std::uint64_t> size) { view.moved(name, done, size); },
          .stop = session.stop()};
}

// delta: filled for a task that has a base.
Result<client::PutResult> send(Session& session, const PutTask& task, const client::ObjectName& to,
                               const client::PutOptions& options, std::optional<client::DeltaPutResult>& delta) {
  if (task.file == "-") return session.client().put_stream(to, read_standard_input(session.stop()), options);
  if (!task.delta_base) return session.client().put_file(to, task.file, options);
  OBJSTORE_ASSIGN(delta, session.client().put_file_delta(to, task.file, *task.delta_base, options));
  return delta->put;
}

Result<client::ObjectInfo> receive(Session& session, const GetTask& task, const client::GetOptions& options,
                                   std::optional<client::DeltaGetResult>& delta) {
  if (task.file == "-") return session.client().get(task.from, write_standard_output(session.stop()), options);
  if (!task.delta_from) return session.client().get_file(task.from, task.file, options);
  OBJSTORE_ASSIGN(delta, session.client().get_file_delta(task.from, task.file, *task.delta_from, options));
  return delta->info;
}

std::optional<std::uint64_t> size_of_file(const std::string& file) {
  std::error_code ec;
  if (file == "-" || !std::filesystem::is_regular_file(file, ec)) return std::nullopt;
  const auto size = std::filesystem::file_size(file, ec);
  return ec ? std::nullopt : std::optional<std::uint64_t>(size);
}

}  // namespace

Error with_resume_hint(Error error) {
  if (error.code == Errc::kCancelled)
    error.message += "; the same command goes on with large files where this one ended";
  return error;
}

Status put_one(Session& session, TransferView& view, const PutTask& task) {
  OBJSTORE_ASSIGN(const client::ObjectName to, task.to.object());
  const auto size = size_of_file(task.file);
  if (task.dry_run) {
    session.note("would put " + task.to.str() + (size ? ", " + human_size(*size) : std::string()));
    return {};
  }
  client::PutOptions options = task.options;
  if (options.content_type.empty()) {
    options.content_type = client::guess_content_type(task.file == "-" ? task.to.key : task.file);
  }
  options.control = control_for(session, view, task.to.key);
  view.planned(size);
  view.all_planned();
  if (task.file != "-") options.resume_file = resume_file_for(session, task.file, to);
  std::optional<client::DeltaPutResult> delta;
  auto result = send(session, task, to, options, delta);
  if (!result) {
    view.failed(task.to.key);
    return std::unexpected(task.file == "-" ? result.error() : with_resume_hint(result.error()));
  }
  view.finished(task.to.key, result->size);
  print_put(session, task, *result, delta);
  return {};
}

Status get_one(Session& session, TransferView& view, const GetTask& task) {
  if (task.dry_run) {
    OBJSTORE_ASSIGN(const auto info, session.client().head(task.from, task.options));
    session.note("would get " + task.file + ", " + human_size(info.size));
    return {};
  }
  client::GetOptions options = task.options;
  options.resume = true;
  options.control = control_for(session, view, task.from.key.str());
  // How large it is stands in the answer; to ask before would cost each small file a round trip.
  options.control.progress = [&view, name = task.from.key.str(), known = false](
                                 std::uint64_t done, std::optional<std::uint64_t> size) mutable {
    if (!known) {
      view.planned(size);
      view.all_planned();
    }
    known = true;
    view.moved(name, done, size);
  };
  std::optional<client::DeltaGetResult> delta;
  auto result = receive(session, task, options, delta);
  if (!result) {
    view.failed(task.from.key.str());
    return std::unexpected(task.file == "-" ? result.error() : with_resume_hint(result.error()));
  }
  view.finished(task.from.key.str(), result->size);
  print_get(session, task, *result, delta);
  return {};
}

Status copy_one(Session& session, const CopyTask& task) {
  const std::string source = task.from.bucket.str() + "/" + task.from.key.str();
  const std::string target = task.to.bucket.str() + "/" + task.to.key.str();
  if (task.dry_run) {
    OBJSTORE_ASSIGN(const auto info, session.client().head(task.from, {.version_id = task.from_version}));
    session.note("would have " + task.verb + " " + source + " to " + target + ", " + human_size(info.size));
    return {};
  }
  const client::Control control{.progress = {}, .stop = session.stop()};
  Result<client::PutResult> result =
      task.from_version.empty()
          ? client::copy_with(session.client(), task.from, task.to, task.options, control)
          : session.client().copy(task.from, task.to, {.from_version = task.from_version, .control = control});
  if (!result) return std::unexpected(std::move(result.error()));
  if (!session.json()) {
    session.note(task.verb + " " + source + " to " + target + ", " + human_size(result->size));
    return {};
  }
  JsonLine line;
  line.add("from_bucket", task.from.bucket.str()).add("from_key", task.from.key.str());
  line.add("bucket", task.to.bucket.str()).add("key", task.to.key.str());
  session.print(line.add("size", result->size).add("etag", result->etag));
  return {};
}

}  // namespace objstore::cli
