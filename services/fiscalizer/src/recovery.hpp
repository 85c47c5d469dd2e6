#pragma once
// Watches over the journal's life (exactly-once.md 17, docs/architecture/restored-journal.md). A life that nobody has
// compared with what was published opens nothing; one that is behind is taken back first: wait for late bytes, write
// what was published back, read the lost posts again, open with suspects. Every worker looks and compares; the one
// that holds shard 0 takes back.
//
// Lives on the fiscalizer's one executor thread.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "journal/store.hpp"
#include "journal/taking_back.hpp"
#include "kassaflow/async/event.hpp"
#include "leases.hpp"
#include "published.hpp"

namespace kassaflow::fiscalizer {

class Recovery {
 public:
  struct Dependencies {
    boost::asio::any_io_executor executor;
    async::Clock& clock;
    journal::Store& store;
    Leases& leases;  // lets nothing start while the journal is not open
    Published& published;
    async::Clock::duration late_bytes{};  // of what left in a life that is lost
    std::function<std::shared_ptr<const configuration::Snapshot>()> configuration;  // in force now
    journal::FindRegister find_register;
    std::function<void()> opened;
  };
  explicit Recovery(Dependencies dependencies);

  boost::asio::awaitable<void> run();
  void stop();

  [[nodiscard]] Stage stage() const { return stage_; }
  [[nodiscard]] const Durability& durability() const { return durability_; }

 private:
  boost::asio::awaitable<void> look();
  // Whether everything is as it was said; says what is new.
  void see(Stage stage, const Durability& durability);
  boost::asio::awaitable<void> compare();
  boost::asio::awaitable<void> take_back();
  // Some of it; false: again later, from the beginning.
  boost::asio::awaitable<bool> take_back(std::vector<std::string> values);
  boost::asio::awaitable<void> await_posts();
  [[nodiscard]] bool is_mine() const;

  Dependencies dependencies_;
  async::Event wake_;
  Stage stage_ = Stage::unknown;
  Durability durability_;
  bool durability_told_ = false;
  bool compared_ = false;  // since this worker began
  async::Clock::time_point behind_since_{};
  std::size_t taken_back_ = 0;
  std::vector<kafka::LogEnd> ends_;  // of the posts to be read again; empty: to be asked
  bool stopping_ = false;
};

}  // namespace kassaflow::fiscalizer
