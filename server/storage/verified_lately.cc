#include "server/storage/verified_lately.h"

namespace objstore::storage {
namespace {

constexpr std::size_t kPlaces = std::size_t{1} << 16;  // 16 GiB of chunks of the usual size; 2.6 MB of memory
constexpr std::uint64_t kSpread = 0x9E3779B97F4A7C15;  // 2^64 divided by the golden ratio

}  // namespace

VerifiedLately::VerifiedLately(const Clock& clock, std::chrono::seconds good_for)
    : clock_(clock), good_for_(good_for), places_(enabled() ? kPlaces : 0) {}

VerifiedLately::Place& VerifiedLately::place_of(const Location& location) {
  const std::uint64_t mixed = (location.segment * kSpread ^ location.offset) * kSpread;
  return places_[mixed >> 48U];
}

void VerifiedLately::note(const Location& location) {
  if (!enabled()) return;
  const auto until = clock_.steady_now() + good_for_;
  const std::lock_guard lock(mutex_);
  place_of(location) = {location, until};
}

bool VerifiedLately::holds(const Location& location) {
  if (!enabled()) return false;
  const auto now = clock_.steady_now();
  const std::lock_guard lock(mutex_);
  const Place& place = place_of(location);
  return place.location == location && now < place.until;
}

}  // namespace objstore::storage
