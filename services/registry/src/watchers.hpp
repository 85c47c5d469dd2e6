#pragma once
// Who is watching and which revision is in force there. Streams wait here for news, Apply waits here for the streams.
// Thread-safe.

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace kassaflow::registry {

struct WatcherState {
  std::string name;
  std::uint64_t in_force = 0;
};

class Watchers {
 public:
  using Id = std::uint64_t;
  using Clock = std::chrono::steady_clock;

  // A watcher whose stream broke, or that watched before this process began, is waited for so long: it runs on with an
  // older revision and comes back. Longer than a watcher's back-off.
  explicit Watchers(std::chrono::milliseconds expected_back = std::chrono::seconds(6))
      : expected_back_(expected_back) {}

  Id join(const std::string& service, std::string instance);
  void leave(Id id);  // also wakes the stream's wait_for_news()
  void expect(const std::vector<std::string>& names);
  void report(Id id, std::uint64_t in_force_revision);

  void announce(std::uint64_t revision);  // committed; lower ones are ignored
  void close();                           // no more waiting, for good

  // Blocks until something above `revision` was announced; false when the watcher left or everything is closing.
  bool wait_for_news(Id id, std::uint64_t revision);

  // Blocks until `revision` is in force at everybody connected, or for `limit`. Returns who is behind. Who has let one
  // caller wait for so long is named and not waited for until he reports again.
  std::vector<std::string> wait_in_force(std::uint64_t revision, std::chrono::milliseconds limit);

  [[nodiscard]] std::vector<WatcherState> states() const;

 private:
  struct Entry {
    WatcherState state;
    bool connected = true;
    bool given_up = false;
    Clock::time_point gone_at{};  // when not connected
  };
  [[nodiscard]] std::vector<Entry*> behind(std::uint64_t revision);
  [[nodiscard]] bool connected(Id id) const;

  const std::chrono::milliseconds expected_back_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<Id, Entry> watchers_;
  Id last_id_ = 0;
  std::uint64_t announced_ = 0;
  bool closed_ = false;
};

}  // namespace kassaflow::registry
