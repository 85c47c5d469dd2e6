#include "watchers.hpp"

#include <algorithm>
#include <utility>

namespace kassaflow::registry {

Watchers::Id Watchers::join(std::string service, std::string instance) {
  const std::lock_guard lock(mutex_);
  std::string name = instance.starts_with(service) ? std::move(instance) : service + " " + instance;
  watchers_.emplace(++last_id_, WatcherState{.name = std::move(name), .in_force = 0});
  return last_id_;
}

void Watchers::leave(Id id) {
  const std::lock_guard lock(mutex_);
  watchers_.erase(id);
  changed_.notify_all();
}

void Watchers::report(Id id, std::uint64_t in_force_revision) {
  const std::lock_guard lock(mutex_);
  if (const auto watcher = watchers_.find(id); watcher != watchers_.end()) watcher->second.in_force = in_force_revision;
  changed_.notify_all();
}

void Watchers::announce(std::uint64_t revision) {
  const std::lock_guard lock(mutex_);
  announced_ = std::max(announced_, revision);
  changed_.notify_all();
}

void Watchers::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  changed_.notify_all();
}

bool Watchers::wait_for_news(Id id, std::uint64_t revision) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return closed_ || announced_ > revision || !watchers_.contains(id); });
  return !closed_ && watchers_.contains(id);
}

std::vector<std::string> Watchers::behind(std::uint64_t revision) const {
  std::vector<std::string> names;
  for (const auto& [id, watcher] : watchers_) {
    if (watcher.in_force < revision) names.push_back(watcher.name);
  }
  return names;
}

std::vector<std::string> Watchers::wait_in_force(std::uint64_t revision, std::chrono::milliseconds limit) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, limit, [&] { return closed_ || behind(revision).empty(); });
  return behind(revision);
}

std::vector<WatcherState> Watchers::states() const {
  const std::lock_guard lock(mutex_);
  std::vector<WatcherState> states;
  for (const auto& [id, watcher] : watchers_) states.push_back(watcher);
  return states;
}

}  // namespace kassaflow::registry
