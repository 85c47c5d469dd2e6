#include "lease_guard.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <unistd.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include "lease_store_suite.hpp"
#include "manual_clock.hpp"
#include "memory_lease_store.hpp"
#include "paused_child.hpp"
#include "test_identities.hpp"

namespace kassaflow::fiscalizer {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

// Stands still, together with the process, after it has been asked `until` times.
class StallingClock final : public async::Clock {
 public:
  [[nodiscard]] time_point now() const override {
    return manual.now() + (until_stall && (*until_stall)-- <= 0 ? stall : 0ms);
  }
  [[nodiscard]] std::int64_t unix_ms() const override { return manual.unix_ms(); }
  [[nodiscard]] std::unique_ptr<async::Timer> timer(const asio::any_io_executor& executor) override {
    return manual.timer(executor);
  }
  async::ManualClock manual;
  mutable std::optional<int> until_stall;
  std::chrono::milliseconds stall = 1h;
};

// Notes for how long it was set.
class NotedTimer final : public LifeTimer {
 public:
  NotedTimer(std::optional<async::Clock::duration>& set, const bool& works) : set_(set), works_(works) {}
  bool arm(async::Clock::duration life) override {
    set_ = life;
    return works_;
  }
  void disarm() override { set_.reset(); }

 private:
  std::optional<async::Clock::duration>& set_;
  const bool& works_;
};

class LeaseGuardTest : public testing::Test {
 protected:
  void look() {
    answer_of(io_, [](Leases& leases) -> asio::awaitable<bool> {
      co_await leases.look();
      co_return true;
    }(leases_));
  }
  asio::io_context io_;
  StallingClock clock_;
  journal::Memory memory_{clock_};
  journal::MemoryLeaseStore store_{io_.get_executor(), clock_, memory_};
  Leases leases_{io_.get_executor(), io_.get_executor(), clock_, store_, {WorkerId("a"), 10s}};
};

TEST_F(LeaseGuardTest, Rule3_NoBytesWithoutALease) {
  LeaseGuard guard(leases_, Fence{1, 1});
  EXPECT_EQ(guard.arm(), std::nullopt);
}

TEST_F(LeaseGuardTest, Rule3_BytesOnlyUnderTheEpochOfTheAttempt) {
  look();
  LeaseGuard ours(leases_, Fence{1, 1});
  EXPECT_EQ(ours.arm(), clock_.now() + 9s) << "a second of the lease is spare";
  LeaseGuard older(leases_, Fence{1, 0});
  EXPECT_EQ(older.arm(), std::nullopt);
}

TEST_F(LeaseGuardTest, Rule3_NoBytesInTheLastSecondsOfALease) {
  look();
  clock_.manual.advance(8s);
  LeaseGuard guard(leases_, Fence{1, 1});
  EXPECT_TRUE(guard.arm());
  guard.disarm();
  clock_.manual.advance(1ms);
  EXPECT_EQ(guard.arm(), std::nullopt);
}

// Whenever it stands still before the timer runs: it has asked for the time, and the lease is long over.
TEST_F(LeaseGuardTest, Rule3_NoBytesAfterAPauseBetweenTheCheckAndTheTimer) {
  look();
  for (int asked = 0; asked < 2; ++asked) {
    LeaseGuard guard(leases_, Fence{1, 1});
    clock_.until_stall = asked;
    EXPECT_EQ(guard.arm(), std::nullopt) << asked;
    EXPECT_LT(*clock_.until_stall, 0) << "it was asked no more often";
    clock_.until_stall.reset();
  }
}

TEST_F(LeaseGuardTest, Rule3_NoBytesWithoutATimerThatEndsTheProcessBeforeItsLease) {
  std::optional<async::Clock::duration> set;
  bool works = true;
  Leases leases(io_.get_executor(), io_.get_executor(), clock_, store_,
                {WorkerId("a"), 10s, [&] { return std::make_unique<NotedTimer>(set, works); }});
  answer_of(io_, [](Leases& of) -> asio::awaitable<bool> {
    co_await of.look();
    co_return true;
  }(leases));
  LeaseGuard guard(leases, Fence{1, 1});
  EXPECT_TRUE(guard.arm());
  EXPECT_EQ(set, 10s - LeaseGuard::kSetting);
  guard.disarm();
  EXPECT_EQ(set, std::nullopt);
  works = false;
  EXPECT_EQ(guard.arm(), std::nullopt);
}

// The timer counts from when it is set: late by so much, it would end the process after the lease.
TEST_F(LeaseGuardTest, Rule3_NoBytesWhenTheTimerWasSetLate) {
  look();
  LeaseGuard guard(leases_, Fence{1, 1});
  clock_.until_stall = 1;
  clock_.stall = 250ms;
  EXPECT_TRUE(guard.arm());
  guard.disarm();
  clock_.until_stall = 1;
  clock_.stall = 251ms;
  EXPECT_EQ(guard.arm(), std::nullopt);
}

// A pause between the check and the end of the write ends the process.
TEST(KillTimer, Rule3_KillsAProcessThatIsPausedPastItsLease) {
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    KillTimer timer;
    if (!timer.arm(50ms)) _exit(1);
    raise(SIGSTOP);
    _exit(0);  // reached only when somebody continues it in time
  }
  const int status = end_of(child);
  ASSERT_TRUE(WIFSIGNALED(status)) << "exit status " << status;
  EXPECT_EQ(WTERMSIG(status), SIGKILL);
}

TEST(KillTimer, Rule3_LetsAProcessLiveOnceDisarmed) {
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    KillTimer timer;
    if (!timer.arm(10s)) _exit(1);
    timer.disarm();
    _exit(timer.armed() ? 1 : 0);
  }
  const int status = end_of(child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

// --- as process 1 of a PID namespace, such as a container's first process ---

constexpr int kRefused = 100;  // the kernel makes no namespace for us; above it errno

// What `first` returns when it runs as process 1, or kRefused + errno.
template <class F>
int as_process_1(F first) {
  const pid_t helper = fork();
  if (helper == 0) {
    if (unshare(CLONE_NEWPID) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWPID) != 0) _exit(kRefused + errno);
    const pid_t child = fork();
    if (child < 0) _exit(kRefused + errno);
    if (child == 0) _exit(first());
    int status = 0;
    waitpid(child, &status, 0);
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 99);
  }
  const int status = end_of(helper);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 98;
}

#define SKIP_WHERE_THE_KERNEL_REFUSES(result) \
  if ((result) > kRefused) GTEST_SKIP() << "no PID namespace here: " << std::strerror((result) - kRefused)

TEST(Process1, Rule3_IsNotEndedByTheTimer) {
  const int result = as_process_1([] {
    if (getpid() != 1) return 1;
    KillTimer timer;
    if (!timer.arm(20ms)) return 2;
    const auto end = std::chrono::steady_clock::now() + 200ms;
    while (std::chrono::steady_clock::now() < end) {
    }
    return KillTimer::powerless().empty() ? 3 : 42;
  });
  SKIP_WHERE_THE_KERNEL_REFUSES(result);
  EXPECT_EQ(result, 42) << "the kernel ends it now: then it needs no init";
}

TEST(Process1, Rule3_TheFiscalizerRefusesToBe) {
  std::array<int, 2> said{};
  ASSERT_EQ(pipe(said.data()), 0);
  const auto own = identity::files_of("fiscalizer");
  const int result = as_process_1([&] {
    dup2(said[1], STDOUT_FILENO);
    dup2(said[1], STDERR_FILENO);
    // NOLINTBEGIN(concurrency-mt-unsafe): the only thread
    setenv("KASSAFLOW_POSTGRES", "postgresql://nobody@127.0.0.1:1/none", 1);
    setenv("KASSAFLOW_KAFKA", "127.0.0.1:1", 1);
    setenv("KASSAFLOW_REGISTRY_GRPC", "127.0.0.1:1", 1);
    setenv("KASSAFLOW_TLS_AUTHORITY_FILE", own.authority.c_str(), 1);
    setenv("KASSAFLOW_TLS_CERTIFICATE_FILE", own.certificate.c_str(), 1);
    setenv("KASSAFLOW_TLS_KEY_FILE", own.key.c_str(), 1);
    // NOLINTEND(concurrency-mt-unsafe): until here
    execl(KASSAFLOW_FISCALIZER, KASSAFLOW_FISCALIZER, "serve", nullptr);
    return 2;
  });
  close(said[1]);
  std::string words;
  std::array<char, 4096> some{};
  for (ssize_t count = 0; (count = read(said[0], some.data(), some.size())) > 0;) {
    words.append(some.data(), static_cast<std::size_t>(count));
  }
  close(said[0]);
  SKIP_WHERE_THE_KERNEL_REFUSES(result);
  EXPECT_EQ(result, 1) << words;
  EXPECT_NE(words.find("process 1 of its PID namespace"), std::string::npos) << words;
  EXPECT_NE(words.find("docker run --init"), std::string::npos) << words;
}

TEST(Process1, Rule3_AnyOtherProcessMayBe) { EXPECT_EQ(KillTimer::powerless(), ""); }

}  // namespace
}  // namespace kassaflow::fiscalizer
