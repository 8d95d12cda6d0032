#include <objstore/artifact.h>

#include <utility>

#include "client/cli/pipeline_commands.h"
#include "client/cli/units.h"

namespace objstore::cli {
namespace {

Result<client::ArtifactStore> open_artifacts(Session& session, const std::string& bucket, const std::string& prefix) {
  OBJSTORE_ASSIGN(BucketName name, BucketName::parse(bucket));
  return client::ArtifactStore(session.client(), std::move(name), prefix);
}

Status push(Session& session, const ArtifactPushArguments& arguments) {
  OBJSTORE_ASSIGN(client::ArtifactStore artifacts, open_artifacts(session, arguments.bucket, arguments.prefix));
  OBJSTORE_ASSIGN(const client::ArtifactName name, client::ArtifactName::parse(arguments.name));
  OBJSTORE_ASSIGN(const auto result, artifacts.push(name, arguments.directory,
                                                    {.keep_tag = arguments.keep_tag,
                                                     .parallelism = 2 * session.client_options().parallelism,
                                                     .control = {.progress = {}, .stop = session.stop()}}));
  if (session.json()) {
    session.print(JsonLine()
                      .add("name", name.name)
                      .add("tag", name.tag)
                      .add("digest", result.digest)
                      .add("changed", result.changed)
                      .add("files", result.files)
                      .add("bytes", result.bytes)
                      .add("sent_files", result.sent_files)
                      .add("sent_bytes", result.sent_bytes));
    return {};
  }
  session.note("pushed " + name.name + ":" + name.tag + ", " + std::to_string(result.files) + " files, " +
               human_size(result.bytes) + "; sent " + std::to_string(result.sent_files) + " files, " +
               human_size(result.sent_bytes));
  return {};
}

Status pull(Session& session, const ArtifactPullArguments& arguments) {
  OBJSTORE_ASSIGN(client::ArtifactStore artifacts, open_artifacts(session, arguments.bucket, arguments.prefix));
  OBJSTORE_ASSIGN(const client::ArtifactName name, client::ArtifactName::parse(arguments.name));
  OBJSTORE_ASSIGN(const auto result, artifacts.pull(name, arguments.directory,
                                                    {.parallelism = 2 * session.client_options().parallelism,
                                                     .control = {.progress = {}, .stop = session.stop()}}));
  if (session.json()) {
    session.print(JsonLine()
                      .add("name", name.name)
                      .add("tag", name.tag)
                      .add("digest", result.digest)
                      .add("files", result.files)
                      .add("bytes", result.bytes)
                      .add("directory", arguments.directory));
    return {};
  }
  session.note("pulled " + name.name + ":" + name.tag + ", " + std::to_string(result.files) + " files, " +
               human_size(result.bytes));
  return {};
}

}  // namespace

ExitCode run_artifact_push(Session& session, const ArtifactPushArguments& arguments) {
  const auto done = push(session, arguments);
  return done ? kExitOk : session.report("push " + arguments.name, done.error());
}

ExitCode run_artifact_pull(Session& session, const ArtifactPullArguments& arguments) {
  const auto done = pull(session, arguments);
  return done ? kExitOk : session.report("pull " + arguments.name, done.error());
}

}  // namespace objstore::cli
