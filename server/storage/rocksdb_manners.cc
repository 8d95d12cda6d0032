#include "server/storage/rocksdb_manners.h"

#include <rocksdb/listener.h>
#include <rocksdb/options.h>

#include <array>
#include <cstdarg>
#include <cstdio>
#include <memory>

#include "common/base/log.h"

namespace objstore::storage {
namespace {

constexpr std::size_t kLineBytesMax = 512;

// RocksDB's own log file goes through its writer of files. That one asserts, in Debian's build, that nothing is
// appended once an append has failed; the log does so all the same, and a full disk would end the process, reads
// included.
class Log final : public rocksdb::Logger {
 public:
  Log() : Logger(rocksdb::InfoLogLevel::WARN_LEVEL) {}
  using rocksdb::Logger::Logv;
  void LogHeader(const char*, va_list) override {}
  void Logv(const char* format, va_list arguments) override {
    std::array<char, kLineBytesMax> line{};
    if (std::vsnprintf(line.data(), line.size(), format, arguments) > 0) {
      log::warn("metadata: RocksDB", {{"message", line.data()}});
    }
  }
};

// By default RocksDB goes on writing once a full disk has room again, to a log whose end is unknown by then.
class NoRecovery final : public rocksdb::EventListener {
 public:
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason, rocksdb::Status, bool* recover) override {
    *recover = false;
  }
};

}  // namespace

void set_manners(rocksdb::DBOptions& options) {
  options.info_log = std::make_shared<Log>();
  options.listeners.push_back(std::make_shared<NoRecovery>());
  options.max_bgerror_resume_count = 0;
}

}  // namespace objstore::storage
