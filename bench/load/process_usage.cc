#include "bench/load/process_usage.h"

#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <string>

namespace objstore::bench {
namespace {

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

// Ticks of 10 ms, threads that have ended included.
double cpu_seconds_of(int pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string line;
  std::getline(file, line);
  const std::size_t name_end = line.rfind(')');
  if (name_end == std::string::npos) return 0;
  std::size_t at = name_end + 1;
  for (int field = 3; field < 14; ++field) at = line.find(' ', at + 1);  // to utime, the 14th
  std::size_t used = 0;
  const std::string rest = line.substr(at);
  const unsigned long long user = std::stoull(rest, &used);
  const unsigned long long system = std::stoull(rest.substr(used));
  return static_cast<double>(user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

std::uint64_t resident_bytes_of(int pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/statm");
  std::uint64_t total = 0;
  std::uint64_t resident = 0;
  file >> total >> resident;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace

ProcessUsage usage_of(std::span<const int> pids) {
  ProcessUsage usage;
  for (const int pid : pids) {
    usage.cpu_seconds += cpu_seconds_of(pid);
    usage.resident_bytes += resident_bytes_of(pid);
  }
  return usage;
}

double own_cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace objstore::bench
