// When may a segment be unlinked? Segments outlive the metadata that names them by a little: a checkpoint or a backup
// of the metadata is only worth something while every segment that it names is there. The collector asks here before it
// removes one; whoever makes checkpoints or backups says here what it needs. Any thread.
#pragma once

#include <cstdint>
#include <mutex>
#include <set>

namespace objstore::storage {

class RemovalGate {
 public:
  // From now on a removal waits for the next complete checkpoint. Without this nothing waits for one.
  void require_checkpoints();

  // Around the making of a checkpoint. What was found empty before begin_checkpoint() is not named by it, so it may go
  // once end_checkpoint(true) says that the checkpoint is on stable storage. One checkpoint at a time.
  void begin_checkpoint();
  void end_checkpoint(bool complete);

  // The collector: a mark for what it has found empty now; and whether that may be removed.
  std::uint64_t mark();
  bool passed(std::uint64_t mark) const;
  // Something waits for a checkpoint.
  bool checkpoint_wanted() const;

  // While it lives no segment with an id of at most `last_segment` is removed. Move-only; outlived by the gate.
  class Hold {
   public:
    Hold() = default;
    Hold(Hold&& other) noexcept;
    Hold& operator=(Hold&& other) noexcept;
    ~Hold();

   private:
    friend class RemovalGate;
    Hold(RemovalGate* gate, std::multiset<std::uint64_t>::iterator held) : gate_(gate), held_(held) {}
    RemovalGate* gate_ = nullptr;
    std::multiset<std::uint64_t>::iterator held_;
  };
  Hold hold(std::uint64_t last_segment);
  bool held(std::uint64_t segment) const;

 private:
  mutable std::mutex mutex_;
  bool required_ = false;          // guarded by mutex_, like all below
  std::uint64_t begun_ = 0;        // checkpoints
  std::uint64_t complete_ = 0;     // the last one (by its number) that is on stable storage
  std::uint64_t waiting_for_ = 0;  // the number of the first checkpoint that lets every mark so far pass
  std::multiset<std::uint64_t> holds_;
};

}  // namespace objstore::storage
