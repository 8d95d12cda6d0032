// A sync as a command shows it: a line for each file, errors, progress, and the exit code. One command each.
#pragma once

#include <objstore/sync.h>

#include <string>

#include "client/cli/session.h"
#include "client/cli/transfer_view.h"

namespace objstore::cli {

struct TreeWords {
  std::string done;        // "put"
  std::string infinitive;  // "put", for errors: "cannot put ..."
};

class TreeRun final : public client::SyncObserver {
 public:
  TreeRun(Session& session, TreeWords words, bool dry_run)
      : session_(session), words_(std::move(words)), dry_run_(dry_run), view_(session) {}

  void planned(std::uint64_t size) override { view_.planned(size); }
  void all_planned() override {
    if (!more_to_come_) view_.all_planned();
  }
  void moved(std::string_view path, std::uint64_t done, std::uint64_t size) override { view_.moved(path, done, size); }
  void event(const client::SyncEvent& event) override;

  // Of several trees in a row: whether another one follows, so that their progress is one.
  void set_more_to_come(bool more) noexcept { more_to_come_ = more; }
  // The options that every tree command has in common.
  client::SyncOptions options();
  // Runs it and reports what it says as a whole. what: "put b/k".
  ExitCode run(const client::Place& from, const client::Place& to, const client::SyncOptions& options,
               const std::string& what);

 private:
  void print_copy(const client::SyncEvent& event, std::string_view verb);

  Session& session_;
  const TreeWords words_;
  const bool dry_run_;
  bool more_to_come_ = false;
  Tally tally_;
  TransferView view_;
};

// The file that remembers an upload for `put` of this file to this object; empty when the user has no home.
std::string resume_file_for(Session& session, const std::string& file, const client::ObjectName& to);

}  // namespace objstore::cli
