// One file to an object, one object to a file, one object to another, with what the user sees of it. Any thread.
#pragma once

#include <objstore/client.h>

#include <optional>
#include <string>

#include "client/cli/location.h"
#include "client/cli/session.h"
#include "client/cli/transfer_view.h"

namespace objstore::cli {

struct PutTask {
  std::string file{};  // "-": standard input
  RemotePath to;
  client::PutOptions options{};
  bool dry_run = false;
  std::optional<client::ObjectName> delta_base{};  // sends what differs from it
};
Status put_one(Session& session, TransferView& view, const PutTask& task);

struct GetTask {
  client::ObjectName from;
  std::string file{};  // "-": standard output
  client::GetOptions options{};
  bool dry_run = false;
  std::optional<std::string> delta_from{};  // a file; receives what differs from it
};
Status get_one(Session& session, TransferView& view, const GetTask& task);

struct CopyTask {
  client::ObjectName from;
  client::ObjectName to;
  client::PutOptions options{};
  std::string from_version{};
  std::string verb = "copied";
  bool dry_run = false;
};
Status copy_one(Session& session, const CopyTask& task);

// A stop that leaves something to go on with says so.
Error with_resume_hint(Error error);

}  // namespace objstore::cli
