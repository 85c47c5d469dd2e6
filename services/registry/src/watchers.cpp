#include "watchers.hpp"

#include <algorithm>
#include <utility>

namespace kassaflow::registry {
namespace {
constexpr std::chrono::milliseconds kLook{100};
}

Watchers::Id Watchers::join(const std::string& service, std::string instance) {
  const std::lock_guard lock(mutex_);
  std::string name = instance.starts_with(service) ? std::move(instance) : service + " " + instance;
  std::erase_if(watchers_,
                [&](const auto& entry) { return !entry.second.connected && entry.second.state.name == name; });
  watchers_.emplace(++last_id_, Entry{.state = {.name = std::move(name), .in_force = 0}});
  return last_id_;
}

void Watchers::leave(Id id) {
  const std::lock_guard lock(mutex_);
  if (const auto watcher = watchers_.find(id); watcher != watchers_.end()) {
    watcher->second.connected = false;
    watcher->second.gone_at = Clock::now();
  }
  changed_.notify_all();
}

void Watchers::expect(const std::vector<std::string>& names) {
  const std::lock_guard lock(mutex_);
  for (const std::string& name : names) {
    watchers_.emplace(++last_id_,
                      Entry{.state = {.name = name, .in_force = 0}, .connected = false, .gone_at = Clock::now()});
  }
}

void Watchers::report(Id id, std::uint64_t in_force_revision) {
  const std::lock_guard lock(mutex_);
  if (const auto watcher = watchers_.find(id); watcher != watchers_.end()) {
    watcher->second.state.in_force = in_force_revision;
    watcher->second.given_up = false;
  }
  changed_.notify_all();
}

bool Watchers::connected(Id id) const {
  const auto watcher = watchers_.find(id);
  return watcher != watchers_.end() && watcher->second.connected;
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
  changed_.wait(lock, [&] { return closed_ || announced_ > revision || !connected(id); });
  return !closed_ && connected(id);
}

std::vector<Watchers::Entry*> Watchers::behind(std::uint64_t revision) {
  const auto now = Clock::now();
  std::erase_if(watchers_, [&](const auto& entry) {
    return !entry.second.connected && now - entry.second.gone_at >= expected_back_;
  });
  std::vector<Entry*> behind;
  for (auto& [id, watcher] : watchers_) {
    if (watcher.state.in_force < revision) behind.push_back(&watcher);
  }
  return behind;
}

std::vector<std::string> Watchers::wait_in_force(std::uint64_t revision, std::chrono::milliseconds limit) {
  std::unique_lock lock(mutex_);
  const auto until = Clock::now() + limit;
  auto late = behind(revision);
  while (!std::ranges::all_of(late, &Entry::given_up) && !closed_ && Clock::now() < until) {
    changed_.wait_until(lock, std::min(until, Clock::now() + kLook));  // nobody tells that a watcher stays away
    late = behind(revision);
  }
  std::vector<std::string> names;
  for (Entry* watcher : late) {
    watcher->given_up = watcher->given_up || Clock::now() >= until;
    names.push_back(watcher->state.name);
  }
  return names;
}

std::vector<WatcherState> Watchers::states() const {
  const std::lock_guard lock(mutex_);
  std::vector<WatcherState> states;
  for (const auto& [id, watcher] : watchers_) {
    if (watcher.connected) states.push_back(watcher.state);
  }
  return states;
}

}  // namespace kassaflow::registry
