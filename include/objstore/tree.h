// Trees of files and of objects, read in one order, so that two of them can be compared without holding either.
//
// A tree is what lies below a directory or what starts with a prefix; its paths are relative, with '/' between their
// parts. Readers belong to one thread; the Client of a remote one must outlive it. Filters are values.
#pragma once

#include <objstore/client.h>
#include <objstore/error.h>
#include <objstore/names.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace objstore::client {

// '*' is any number of bytes but '/', '**' of any bytes ("**/" also none), '?' one byte but '/', '[a-z]' and '[!a-z]'
// one of a set; '\' takes the next byte's meaning away.
bool glob_matches(std::string_view pattern, std::string_view path) noexcept;
// Whether the text holds '*', '?' or '['.
bool has_glob(std::string_view text) noexcept;

// Which paths of a tree are meant: those that an include pattern matches, or all if there is none, without those that
// an exclude pattern matches. A pattern without '/' is compared with each part of the path, as "node_modules" or "*.o";
// one with '/' with the path from its start, and it also means what lies below: "build/tmp", "/top-level-only".
class PathFilter {
 public:
  PathFilter() = default;  // everything
  // kInvalidArgument for an empty pattern.
  static Result<PathFilter> create(std::vector<std::string> include, std::vector<std::string> exclude);
  bool matches(std::string_view path) const noexcept { return includes(path) && !excludes(path); }
  // Whether there are patterns that include.
  bool includes_some() const noexcept { return !include_.empty(); }
  // An excluded directory holds nothing that matches.
  bool excludes(std::string_view path) const noexcept;

 private:
  bool includes(std::string_view path) const noexcept;
  std::vector<std::string> include_{};
  std::vector<std::string> exclude_{};
};

struct Directory {
  std::string path{};
};
struct Prefix {
  BucketName bucket;
  std::string prefix{};  // what keys start with; ends with '/' when it means a directory
};
using Place = std::variant<Directory, Prefix>;

struct TreeEntry {
  std::string path{};  // relative to the place
  std::uint64_t size = 0;
  std::int64_t modified_ms = 0;  // since 1970-01-01T00:00:00Z
  std::string etag{};            // of objects
};

class TreeReader {
 public:
  virtual ~TreeReader() = default;
  // The next entry, in the byte order of paths; nothing after the last one. After an error it is at its end.
  virtual Result<std::optional<TreeEntry>> next() = 0;
  // Symbolic links, devices and sockets that were passed over so far.
  virtual std::uint64_t passed_over() const noexcept { return 0; }
};

// A directory that is not there is an empty tree when `absent_is_empty`, else kNotFound. kAccessDenied, kIo when one
// below it cannot be read: a tree that is only partly known must not look like a smaller one.
std::unique_ptr<TreeReader> read_tree(Client& client, const Place& place, const PathFilter& filter,
                                      bool absent_is_empty, std::stop_token stop = {});

// Where below a directory a path of a tree goes; nothing for one that would leave it or that no file can have: with a
// part that is empty, "." or "..", or with NUL.
std::optional<std::string> file_path_for(std::string_view path);

}  // namespace objstore::client
