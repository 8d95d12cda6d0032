// Whether two entries of two trees are the same file. Any thread.
#pragma once

#include <objstore/sync.h>

#include <string>

namespace objstore::client {

struct Pair {
  const TreeEntry& source;
  const TreeEntry& target;
};

// Pairs of one sync or diff. What it refers to outlives it.
class Comparer {
 public:
  Comparer(Client& client, const Place& from, const Place& to, Compare compare, std::stop_token stop);
  // An error: the bytes of one cannot be read.
  Result<bool> same(const Pair& pair) const;

 private:
  bool same_by_time(const Pair& pair) const;
  Result<bool> same_bytes(const Pair& pair) const;

  Client& client_;
  const Place& from_;
  const Place& to_;
  const Compare compare_;
  const std::stop_token stop_;
};

// The file or object of an entry.
std::string file_of(const Directory& directory, const std::string& path);
Result<ObjectName> object_of(const Prefix& prefix, const std::string& path);

}  // namespace objstore::client
