// Chunks of uploads that come at the same time, digested up to four at once: one stream of instructions for two takes
// 0.6 of the time that one after the other takes, for four 0.35 (docs/decisions/0018-digests-in-one-pass.md).
//
// No upload waits for another to come. There are some places, each for one thread that digests whatever has been given,
// its own and that of others; it takes a place when something comes and one is free, and leaves when nothing is left.
// Any thread.
#pragma once

#include <objstore/error.h>

#include <cstddef>
#include <functional>
#include <memory>

#include "common/base/body_digest.h"
#include "common/base/executor.h"

namespace objstore {

class Strand;

class DigestGroups {
 public:
  DigestGroups(Executor& executor, std::size_t places);
  ~DigestGroups();
  DigestGroups(const DigestGroups&) = delete;
  DigestGroups& operator=(const DigestGroups&) = delete;

  class Stream;

 private:
  class Group;
  class Table;
  std::shared_ptr<Table> table_;  // shared with the tasks on the executor
};

// The chunks of one body, in their order. One thread at a time, which outlives what it has added: the destructor waits.
class DigestGroups::Stream {
 public:
  // Told the name of a chunk, on the thread that digests, for which others wait: it is quick, and waits for nothing.
  using Named = std::move_only_function<void(const Sha256&)>;

  // body: digests all chunks, too. Null: nobody wants that.
  Stream(DigestGroups& groups, BodyDigest* body);
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // Waits for the chunk's name.
  Sha256 chunk(ByteView bytes);
  // Beside this thread: on the executor, or here while it waits. The bytes stay until `named` was called or destroyed.
  void add(ByteView bytes, Named named);
  // Until at most so many have no name. kInternal when a `named` threw, after which no other is called.
  Status wait(std::size_t left_max = 0);

 private:
  friend DigestGroups;
  struct Member;
  Sha256 digest_alone(ByteView bytes);
  const std::shared_ptr<Table> table_;
  BodyDigest* const body_;
  std::unique_ptr<Member> member_;  // null where the digests come in no steps;
  std::unique_ptr<Strand> alone_;   // then they are a strand's work
};

}  // namespace objstore
