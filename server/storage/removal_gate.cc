#include "server/storage/removal_gate.h"

#include <algorithm>
#include <utility>

namespace objstore::storage {

void RemovalGate::require_checkpoints() {
  std::lock_guard lock(mutex_);
  required_ = true;
}

void RemovalGate::begin_checkpoint() {
  std::lock_guard lock(mutex_);
  ++begun_;
}

void RemovalGate::end_checkpoint(bool complete) {
  std::lock_guard lock(mutex_);
  if (complete) complete_ = begun_;
}

std::uint64_t RemovalGate::mark() {
  std::lock_guard lock(mutex_);
  // One that has begun already may still name what is empty now.
  const std::uint64_t mark = begun_ + 1;
  if (required_) waiting_for_ = std::max(waiting_for_, mark);
  return mark;
}

bool RemovalGate::passed(std::uint64_t mark) const {
  std::lock_guard lock(mutex_);
  return !required_ || complete_ >= mark;
}

bool RemovalGate::checkpoint_wanted() const {
  std::lock_guard lock(mutex_);
  return required_ && complete_ < waiting_for_;
}

RemovalGate::Hold RemovalGate::hold(std::uint64_t last_segment) {
  std::lock_guard lock(mutex_);
  return Hold(this, holds_.insert(last_segment));
}

bool RemovalGate::held(std::uint64_t segment) const {
  std::lock_guard lock(mutex_);
  return !holds_.empty() && segment <= *holds_.rbegin();
}

RemovalGate::Hold::Hold(Hold&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)), held_(other.held_) {}

RemovalGate::Hold& RemovalGate::Hold::operator=(Hold&& other) noexcept {
  std::swap(gate_, other.gate_);
  std::swap(held_, other.held_);
  return *this;
}

RemovalGate::Hold::~Hold() {
  if (gate_ == nullptr) return;
  std::lock_guard lock(gate_->mutex_);
  gate_->holds_.erase(held_);
}

}  // namespace objstore::storage
