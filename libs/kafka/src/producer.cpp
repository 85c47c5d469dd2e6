#include "kassaflow/kafka/producer.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <condition_variable>
#include <map>
#include <mutex>
#include <system_error>
#include <thread>

#include "client_statistics.hpp"
#include "handle.hpp"
#include "kassaflow/async/pause.hpp"
#include "kassaflow/log/log.hpp"

namespace kassaflow::kafka {

namespace asio = boost::asio;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;

namespace {

constexpr std::chrono::milliseconds kLook{200};
constexpr std::chrono::milliseconds kFlushLook{10};
// A request to a broker carries records of one partition and costs both sides more than the records in it: under load
// it pays to wait for a few more.
constexpr const char* kLinger_ms = "4";

Result<Position> read_report(const rd_kafka_message_t& message) {
  // Only PERSISTED is a promise to the portal; "possibly" may have reached the log (exactly-once.md 15).
  switch (rd_kafka_message_status(&message)) {
    case RD_KAFKA_MSG_STATUS_PERSISTED:
      return Position{message.partition, message.offset};
    case RD_KAFKA_MSG_STATUS_NOT_PERSISTED:
      return fail(kNotPersisted, rd_kafka_err2str(message.err));
    default:
      return fail(kUnknown, rd_kafka_err2str(message.err));
  }
}

Owned<rd_kafka_headers_t> make_headers(const Headers& headers) {
  Owned<rd_kafka_headers_t> list(rd_kafka_headers_new(headers.size()));
  for (const auto& [name, text] : headers) {
    rd_kafka_header_add(list.get(), name.data(), static_cast<ssize_t>(name.size()), text.data(),
                        static_cast<ssize_t>(text.size()));
  }
  return list;
}

bool knows_leaders(rd_kafka_t* kafka, const std::string& topic) {
  return describe(kafka, topic, static_cast<int>(kLook.count())) != nullptr;
}

// librdkafka's producer and the eventfd it writes to when its queue is no longer empty.
struct Client {
  Client(const asio::any_io_executor& executor, Owned<rd_kafka_t> made)
      : handle(std::move(made)), queue(rd_kafka_queue_get_main(handle.get())), readable(executor) {
    // Readable from the beginning: what came into the queue before librdkafka knew of this is not told of again.
    const int fd = eventfd(1, EFD_NONBLOCK | EFD_CLOEXEC);
    if (fd < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
    readable.assign(fd);
    const std::uint64_t one = 1;
    rd_kafka_queue_io_event_enable(queue.get(), fd, &one, sizeof one);
  }
  ~Client() { rd_kafka_queue_io_event_enable(queue.get(), -1, nullptr, 0); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void clear() {
    std::uint64_t count = 0;
    while (::read(readable.native_handle(), &count, sizeof count) > 0) continue;
  }

  Owned<rd_kafka_t> handle;
  Owned<rd_kafka_queue_t> queue;
  asio::posix::stream_descriptor readable;
};

}  // namespace

// All on the executor, but for the thread that looks for brokers and closes what broke: both calls block.
struct Producer::Impl : std::enable_shared_from_this<Producer::Impl> {
  using Resume = asio::any_completion_handler<void(Result<Position>)>;
  struct Sender;
  using InFlight = std::multimap<Clock::time_point, std::unique_ptr<Sender>>;  // by deadline
  // A coroutine that waits for the delivery report of one record. librdkafka keeps the address of its Sender and gives
  // it back with the report. A report may come after the deadline: the coroutine was resumed by then, and the Sender
  // stays at the end of the map, with nothing left to resume.
  struct Sender {
    Resume resume;  // never assigned to: Boost 1.81's move assignment calls itself
    InFlight::iterator at = {};
  };

  Impl(asio::any_io_executor e, ProducerOptions o)
      : executor(std::move(e)), options(std::move(o)), client(make()), alarm(executor) {}

  [[nodiscard]] std::shared_ptr<Client> make() const {
    auto conf = make_conf(options.connection, {{"client.id", options.client_id},
                                               {"acks", "all"},
                                               {"enable.idempotence", "true"},
                                               {"linger.ms", kLinger_ms},
                                               {"socket.nagle.disable", "true"},
                                               {"message.timeout.ms", std::to_string(options.message_timeout.count())},
                                               {"queue.buffering.max.messages", std::to_string(options.queue_limit)},
                                               {"statistics.interval.ms", kStatisticsEvery_ms},
                                               {"log_level", "3"}});
    rd_kafka_conf_set_events(conf.get(), RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_STATS);
    return std::make_shared<Client>(executor, make_handle(RD_KAFKA_PRODUCER, std::move(conf)));
  }

  void start() {
    wait_for_events(*client);
    looker = std::thread([this] { look(); });
  }

  void stop() {
    {
      const std::lock_guard lock(mutex);
      stopping = true;
    }
    changed.notify_all();
    looker.join();
  }

  void send(const std::string& topic, const std::string& key, const std::string& value, const Headers& headers,
            Deadline deadline, Resume resume) {
    auto list = make_headers(headers);
    const auto at = in_flight.emplace(deadline, std::make_unique<Sender>(Sender{std::move(resume)}));
    Sender& sender = *at->second;
    sender.at = at;
    const auto error = rd_kafka_producev(
        client->handle.get(), RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_KEY(key.data(), key.size()),
        RD_KAFKA_V_VALUE(const_cast<char*>(value.data()), value.size()), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
        RD_KAFKA_V_HEADERS(list.get()), RD_KAFKA_V_OPAQUE(&sender), RD_KAFKA_V_END);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
      (void)list.release();  // librdkafka owns the headers
      if (at == in_flight.begin()) set_alarm();
      return;
    }
    Resume back = std::move(sender.resume);
    in_flight.erase(at);
    const bool full = error == RD_KAFKA_RESP_ERR__QUEUE_FULL;
    Result<Position> refused = fail(
        full ? kQueueFull : kNotPersisted,
        std::string(rd_kafka_err2str(error)) + (full ? "; Kafka is slower than what comes in, see queue_limit" : ""));
    asio::post(executor, [resume = std::move(back), refused = std::move(refused)]() mutable {
      std::move(resume)(std::move(refused));
    });
  }

  void set_alarm() {
    alarm.expires_at(in_flight.begin()->first);
    alarm.async_wait([weak = weak_from_this()](const error_code& error) {
      if (const auto self = weak.lock(); self && !error) self->answer_late_ones();
    });
  }

  void answer_late_ones() {
    std::vector<Resume> late;
    while (!in_flight.empty() && in_flight.begin()->first <= Clock::now()) {
      auto entry = in_flight.extract(in_flight.begin());
      Sender& sender = *entry.mapped();
      late.push_back(std::move(sender.resume));
      entry.key() = Deadline::max();
      sender.at = in_flight.insert(std::move(entry));
    }
    if (!in_flight.empty()) set_alarm();
    for (auto& resume : late) std::move(resume)(fail(kUnknown, "Kafka has not answered in time"));
  }

  void wait_for_events(Client& from) {
    // Whoever destroys `from` cancels this.
    from.readable.async_wait(asio::posix::stream_descriptor::wait_read,
                             [weak = weak_from_this(), &from](const error_code& error) {
                               const auto self = weak.lock();
                               if (self && !error) self->take_events(from);
                             });
  }

  void take_events(Client& from) {
    from.clear();  // first: what comes into the queue from now on writes again
    bool broken = false;
    while (const Owned<rd_kafka_event_t> event{rd_kafka_queue_poll(from.queue.get(), 0)}) {
      if (rd_kafka_event_type(event.get()) == RD_KAFKA_EVENT_DR) {
        while (const auto* message = rd_kafka_event_message_next(event.get())) report(*message);
      } else if (rd_kafka_event_type(event.get()) == RD_KAFKA_EVENT_ERROR) {
        on_error(rd_kafka_event_error(event.get()), rd_kafka_event_error_string(event.get()));
        broken |= rd_kafka_event_error_is_fatal(event.get()) != 0;
      } else if (rd_kafka_event_type(event.get()) == RD_KAFKA_EVENT_STATS && &from == client.get()) {
        statistics.take(rd_kafka_event_stats(event.get()));
      }
    }
    if (broken && &from == client.get()) replace();
    if (&from == client.get() || rd_kafka_outq_len(from.handle.get()) > 0) {
      wait_for_events(from);
    } else {
      close(from);
    }
  }

  void report(const rd_kafka_message_t& message) {
    Sender& sender = *static_cast<Sender*>(message._private);
    Resume resume = std::move(sender.resume);
    in_flight.erase(sender.at);
    if (message.err == RD_KAFKA_RESP_ERR_NO_ERROR) reachable = true;
    if (resume) std::move(resume)(read_report(message));
  }

  void on_error(rd_kafka_resp_err_t error, const char* text) {
    if (error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {
      hand_over([&] {
        ++outages;
        reachable = false;
      });
    }
    log::warn("kafka.producer_error", {{"error", rd_kafka_err2name(error)}, {"text", text}});
  }

  // A fatal error (possible after a possibly persisted record) ends an idempotent producer: a new one takes over, and
  // what was in flight ends as unknown; the journal deduplicates.
  void replace() {
    auto fresh = make();
    broken_ones.push_back(client);
    hand_over([&] { client = std::move(fresh); });
    statistics.forget();
    wait_for_events(*client);
    rd_kafka_purge(broken_ones.back()->handle.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    log::error("kafka.producer_replaced");
  }

  void close(const Client& broken) {
    const auto at =
        std::find_if(broken_ones.begin(), broken_ones.end(), [&](const auto& one) { return one.get() == &broken; });
    hand_over([&] { to_close.push_back(std::move(*at)); });
    broken_ones.erase(at);
  }

  template <class Change>
  void hand_over(Change change) {
    {
      const std::lock_guard lock(mutex);
      change();
    }
    changed.notify_all();
  }

  // Looks for brokers on a thread of its own. A confirmed record also tells that brokers are back, but a service that
  // is not ready gets no records to send.
  void look() {
    std::unique_lock lock(mutex);
    while (!stopping) {
      const auto now = client;
      const auto seen = outages;
      auto closing = std::exchange(to_close, {});
      lock.unlock();
      closing.clear();
      const bool known = reachable || std::all_of(options.topics.begin(), options.topics.end(), [&](const auto& topic) {
                           return knows_leaders(now->handle.get(), topic);
                         });
      lock.lock();
      if (known && seen == outages) reachable = true;
      if (known) {
        changed.wait(lock, [&] { return stopping || !reachable || !to_close.empty(); });
      } else {
        changed.wait_for(lock, kLook, [&] { return stopping; });
      }
    }
  }

  const asio::any_io_executor executor;
  const ProducerOptions options;
  std::shared_ptr<Client> client;
  std::vector<std::shared_ptr<Client>> broken_ones;  // until their last records came back
  InFlight in_flight;
  asio::steady_timer alarm;
  ClientStatistics statistics{"producer"};

  std::mutex mutex;  // of what the looker reads: client (written under it), and
  std::condition_variable changed;
  std::vector<std::shared_ptr<Client>> to_close;
  std::uint64_t outages = 0;
  bool stopping = false;
  std::atomic<bool> reachable{false};
  std::thread looker;
};

Producer::Producer(asio::any_io_executor executor, ProducerOptions options)
    : impl_(std::make_shared<Impl>(std::move(executor), std::move(options))) {
  impl_->start();
}

Producer::~Producer() { impl_->stop(); }

asio::awaitable<Result<Position>> Producer::send(std::string topic, std::string key, std::string value, Headers headers,
                                                 Deadline deadline) {
  auto start = [impl = impl_.get(), topic = std::move(topic), key = std::move(key), value = std::move(value),
                headers = std::move(headers), deadline](auto handler) {
    impl->send(topic, key, value, headers, deadline, Impl::Resume(std::move(handler)));
  };
  return asio::async_initiate<const asio::use_awaitable_t<>, void(Result<Position>)>(std::move(start),
                                                                                     asio::use_awaitable);
}

asio::awaitable<void> Producer::flush(std::chrono::milliseconds limit) {
  const auto until = Clock::now() + limit;
  while (!impl_->in_flight.empty() && Clock::now() < until) {
    co_await async::pause_for(async::machine_clock(), kFlushLook);
  }
}

asio::any_io_executor Producer::executor() const { return impl_->executor; }

bool Producer::healthy() const { return impl_->reachable; }

void Producer::show(metrics::Metrics& metrics) { impl_->statistics.show(metrics); }

}  // namespace kassaflow::kafka
