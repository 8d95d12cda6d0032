// What chunks of a given size save on real data: every file below the given trees (or the given files) is cut, named
// and compressed as the server does it, once for each average size; what was seen before is not counted again.
//
//   dedup_table TREE..    in the order in which versions would be stored; a table in Markdown on standard output
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <unordered_set>
#include <vector>

#include "common/base/digest.h"
#include "server/storage/chunker.h"
#include "server/storage/codec.h"

namespace objstore::bench {
namespace {

namespace fs = std::filesystem;
using storage::Chunker;

constexpr std::size_t kInlineBytesMax = 2048;  // such bodies lie in the metadata, whatever they are
constexpr std::size_t kRecordHeaderBytes = 72;
constexpr double kMb = 1e6;

struct Sums {
  std::uint64_t logical = 0;
  std::uint64_t unique = 0;  // of these, bytes not seen before
  std::uint64_t stored = 0;  // compressed where that pays, with headers
  std::uint64_t chunks = 0;  // unique ones: rows of the index
};

class Store {
 public:
  explicit Store(std::size_t average) : chunker_(average) {}

  void add(ByteView body) {
    sums_.logical += body.size();
    if (body.size() <= kInlineBytesMax) {
      sums_.unique += body.size();
      sums_.stored += body.size();
      return;
    }
    const bool whole = body.size() <= chunker_.max_size();
    while (!body.empty()) {
      const auto start = std::chrono::steady_clock::now();
      const ByteView chunk = body.first(whole ? body.size() : chunker_.cut(body));
      const Sha256 id = sha256(chunk);
      cutting_ += std::chrono::steady_clock::now() - start;
      if (seen_.emplace(as_text(id)).second) keep(chunk);
      body = body.subspan(chunk.size());
    }
  }
  const Sums& sums() const { return sums_; }
  double gb_per_second() const { return static_cast<double>(sums_.logical) / 1e9 / cutting_.count(); }

 private:
  void keep(ByteView chunk) {
    sums_.unique += chunk.size();
    sums_.stored += storage::encode_chunk(chunk, scratch_).bytes.size() + kRecordHeaderBytes;
    ++sums_.chunks;
  }

  Chunker chunker_;
  std::unordered_set<std::string> seen_;
  std::string scratch_;
  Sums sums_;
  std::chrono::duration<double> cutting_{0};
};

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

void add_tree(Store& store, const fs::path& root) {
  if (fs::is_regular_file(root)) return store.add(as_bytes(read_file(root)));
  for (const auto& entry : fs::recursive_directory_iterator(root))
    if (entry.is_regular_file() && !entry.is_symlink()) store.add(as_bytes(read_file(entry.path())));
}

double mb(std::uint64_t bytes) {
  return static_cast<double>(bytes) / kMb;
}

void row(std::size_t average, const std::vector<fs::path>& trees) {
  Store store(average);
  std::uint64_t first = 0;
  for (const fs::path& tree : trees) {
    add_tree(store, tree);
    if (first == 0) first = store.sums().stored;
  }
  const Sums& sums = store.sums();
  std::printf("| %zu KiB | %.1f | %.1f | %.1f | %.1f | %.1f %% | %llu | %.2f |\n", average >> 10, mb(sums.logical),
              mb(sums.unique), mb(sums.stored), mb(first),
              100.0 * static_cast<double>(sums.stored) / static_cast<double>(sums.logical),
              static_cast<unsigned long long>(sums.chunks), store.gb_per_second());
}

int run(const std::vector<fs::path>& trees) {
  if (trees.empty()) {
    std::fputs("usage: dedup_table TREE..\n", stderr);
    return 2;
  }
  std::puts(
      "| average | logical MB | unique MB | stored MB | of the first | stored/logical | chunks | cut and named, GB/s "
      "|");
  std::puts("|---|---|---|---|---|---|---|---|");
  for (std::size_t average = std::size_t{64} << 10; average <= Chunker::kAverageMax; average *= 2) row(average, trees);
  return 0;
}

}  // namespace
}  // namespace objstore::bench

int main(int argc, char** argv) {
  try {
    return objstore::bench::run({argv + 1, argv + argc});
  } catch (const std::exception& e) {
    std::fprintf(stderr, "dedup_table: %s\n", e.what());
    return 1;
  }
}
