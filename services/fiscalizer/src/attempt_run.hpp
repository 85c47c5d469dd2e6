#pragma once
// One attempt's way, from the moment it is in the journal: its bytes leave once, what the register tells goes into the
// journal, a lost answer is followed to an end that is certain, or to a person (exactly-once.md 2, 3, 5-8). Of queues,
// shifts and rests it knows nothing: what its end means for the register is the lane's (lane.hpp).
//
// Lives on the fiscalizer's one executor thread, and longer than its run().

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <optional>
#include <string>

#include "journal/journal.hpp"
#include "kassaflow/async/event.hpp"
#include "kassaflow/base/id.hpp"
#include "kassaflow/registers/driver.hpp"
#include "leases.hpp"
#include "settings.hpp"

namespace kassaflow::fiscalizer {

struct AttemptDependencies {
  boost::asio::any_io_executor executor;
  async::Clock& clock;
  const FiscalizerSettings& settings;
  const registers::Timers& timers;
  Journal& journal;
  Leases& leases;
  RegisterId register_id;
  Fence fence;
  // Speaks as the configuration in force says: new credentials count for what is under way, too. Null: nothing can
  // speak with this register now. What it returned before may be gone.
  std::function<registers::Driver*()> driver;
};

// The attempt that is open in the journal.
struct OpenAttempt {
  std::int64_t id = 0;
  registers::AttemptRef ref;
  ReceiptId receipt;
  Kind kind = Kind::receipt;
  int send = 1;
  async::Clock::time_point opened_at;
};

class AttemptRun {
 public:
  // What is known of the attempt's bytes when the attempt begins.
  enum class Bytes : std::uint8_t {
    here,          // they leave now
    perhaps_gone,  // they may have left with a worker that is gone
    never_left,    // the attempt was given up before
  };

  AttemptRun(AttemptDependencies dependencies, OpenAttempt attempt, registers::Driver& driver)
      : dependencies_(std::move(dependencies)),
        attempt_(std::move(attempt)),
        driver_(&driver),
        wake_(dependencies_.executor, dependencies_.clock) {}

  // What the attempt ended with, whoever heard it. nullopt: a person closed it, or the shard's next owner will (stop(),
  // shard_lost()).
  boost::asio::awaitable<std::optional<registers::Finding>> run(Bytes bytes);

  // The attempt has come to its end elsewhere: by a callback or by evidence of an earlier owner, which say how, or by a
  // person.
  void closed(std::optional<registers::Finding> end) {
    closed_ = true;
    end_ = std::move(end);
    wake_.notify();
  }
  // Something was heard that settles nothing by itself: the register is asked now.
  void ask_now() { wake_.notify(); }
  // No further question; bytes on their way and their answer are waited for.
  void stop() {
    stopping_ = true;
    wake_.notify();
  }

  // Until when bytes that were sent once more, and not answered, may still arrive: a cloud compares a key with its
  // previous task only, so nothing else may go to the register before (exactly-once.md 7).
  [[nodiscard]] async::Clock::time_point repeat_arrives_by() const { return repeat_arrives_by_; }
  // What was told is in the journal, and another worker decides on it.
  [[nodiscard]] bool shard_lost() const { return shard_lost_; }
  // It named a storage that is not its register's (exactly-once.md 11).
  [[nodiscard]] bool not_its_storage() const { return not_its_storage_; }
  [[nodiscard]] std::int64_t attempt() const { return attempt_.id; }
  [[nodiscard]] const ReceiptId& receipt() const { return attempt_.receipt; }
  [[nodiscard]] Kind kind() const { return attempt_.kind; }

 private:
  using Finding = registers::Finding;

  boost::asio::awaitable<bool> sender_has_given_up();
  boost::asio::awaitable<Finding> first_word(Bytes bytes);
  boost::asio::awaitable<Finding> send();
  boost::asio::awaitable<bool> send_again(Finding& finding);
  void repeat_is_under_way();
  boost::asio::awaitable<std::optional<Finding>> settle_by_asking(Finding finding);
  boost::asio::awaitable<void> doubt_if_late();
  [[nodiscard]] async::Clock::duration pause_between_questions() const;
  boost::asio::awaitable<void> hear(const Finding& finding);
  boost::asio::awaitable<std::optional<Finding>> end_with(Finding finding);
  boost::asio::awaitable<void> tell(const Finding& finding, bool final);
  [[nodiscard]] bool over() const { return stopping_ || closed_ || shard_lost_; }

  AttemptDependencies dependencies_;
  OpenAttempt attempt_;
  registers::Driver* driver_;
  async::Event wake_;
  bool closed_ = false;
  std::optional<Finding> end_;  // with closed_
  bool stopping_ = false;
  bool shard_lost_ = false;
  bool not_its_storage_ = false;
  async::Clock::time_point repeat_arrives_by_{};
  bool late_ = false;  // it waits for longer than it may, and that was told
};

}  // namespace kassaflow::fiscalizer
