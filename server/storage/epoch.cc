#include "server/storage/epoch.h"

#include <utility>

namespace objstore::storage {
namespace {
constexpr std::size_t kSpareMax = 1024;
}

EpochGuard::EpochGuard(EpochGuard&& other) noexcept
    : epochs_(std::exchange(other.epochs_, nullptr)), member_(other.member_) {}

EpochGuard& EpochGuard::operator=(EpochGuard&& other) noexcept {
  std::swap(epochs_, other.epochs_);
  std::swap(member_, other.member_);
  return *this;
}

EpochGuard::~EpochGuard() {
  if (epochs_ == nullptr) return;
  std::lock_guard lock(epochs_->mutex_);
  if (epochs_->spare_.size() < kSpareMax) {
    epochs_->spare_.splice(epochs_->spare_.begin(), epochs_->members_, member_);
  } else {
    epochs_->members_.erase(member_);
  }
}

bool EpochGuard::revoked() const {
  // `entered` does not change after enter(), so it may be read without the lock.
  return epochs_ != nullptr && epochs_->clock_.steady_now() - member_->entered >= epochs_->age_max_;
}

EpochGuard Epochs::enter() {
  const auto now = clock_.steady_now();
  std::lock_guard lock(mutex_);
  if (spare_.empty()) spare_.emplace_front();
  members_.splice(members_.end(), spare_, spare_.begin());
  members_.back() = {current_, now};
  return EpochGuard(this, std::prev(members_.end()));
}

std::uint64_t Epochs::advance() {
  std::lock_guard lock(mutex_);
  return current_++;
}

bool Epochs::drained(std::uint64_t epoch) const {
  const auto now = clock_.steady_now();
  std::lock_guard lock(mutex_);
  for (const EpochGuard::Member& member : members_) {
    if (member.epoch > epoch) return true;
    if (now - member.entered < age_max_ + kGrace) return false;
  }
  return true;
}

std::size_t Epochs::active() const {
  std::lock_guard lock(mutex_);
  return members_.size();
}

}  // namespace objstore::storage
