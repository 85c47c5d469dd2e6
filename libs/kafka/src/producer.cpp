#include "kassaflow/kafka/producer.hpp"

#include <atomic>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <mutex>
#include <thread>

#include "handle.hpp"
#include "kassaflow/runtime/log.hpp"

namespace kassaflow::kafka {

namespace asio = boost::asio;
using runtime::Level;
using runtime::log;

namespace {

constexpr int kPoll_ms = 100;
constexpr std::chrono::milliseconds kFlushLook{10};

// What waits for one delivery report.
struct Waiting {
  std::function<void(Result<Position>)> done;
};

Result<Position> read_report(const rd_kafka_message_t& message) {
  // Only PERSISTED is a promise to the portal; "possibly" may have reached the log (exactly-once.md 15).
  switch (rd_kafka_message_status(&message)) {
    case RD_KAFKA_MSG_STATUS_PERSISTED:
      return Position{message.partition, message.offset};
    case RD_KAFKA_MSG_STATUS_NOT_PERSISTED:
      return fail("kafka.not_persisted", rd_kafka_err2str(message.err));
    default:
      return fail("kafka.unknown", rd_kafka_err2str(message.err));
  }
}

}  // namespace

struct Producer::Impl {
  explicit Impl(ProducerOptions o) : options(std::move(o)) {
    handle = make();
    poller = std::thread([this] { poll(); });
  }

  ~Impl() {
    stopping = true;
    poller.join();
  }

  std::shared_ptr<rd_kafka_t> make() const {
    auto conf = make_conf({{"bootstrap.servers", options.brokers},
                           {"client.id", options.client_id},
                           {"acks", "all"},
                           {"enable.idempotence", "true"},
                           {"linger.ms", "0"},
                           {"socket.nagle.disable", "true"},
                           {"message.timeout.ms", std::to_string(options.message_timeout.count())},
                           {"queue.buffering.max.messages", std::to_string(options.queue_limit)},
                           {"log_level", "3"}});
    rd_kafka_conf_set_events(conf.get(), RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR);
    return {make_handle(RD_KAFKA_PRODUCER, std::move(conf)).release(), [](rd_kafka_t* p) { rd_kafka_destroy(p); }};
  }

  std::shared_ptr<rd_kafka_t> current() {
    const std::lock_guard lock(mutex);
    return handle;
  }

  void poll() {
    while (!stopping || in_flight > 0) {
      const auto kafka = current();
      const Owned<rd_kafka_queue_t> queue(rd_kafka_queue_get_main(kafka.get()));
      bool fatal = false;
      while (!fatal && (!stopping || in_flight > 0)) {
        if (!reachable) look_for_brokers(kafka.get());
        const Owned<rd_kafka_event_t> event(rd_kafka_queue_poll(queue.get(), kPoll_ms));
        if (!event) continue;
        if (rd_kafka_event_type(event.get()) == RD_KAFKA_EVENT_DR) {
          while (const auto* message = rd_kafka_event_message_next(event.get())) report(*message);
        } else if (rd_kafka_event_type(event.get()) == RD_KAFKA_EVENT_ERROR) {
          fatal = on_error(rd_kafka_event_error(event.get()), rd_kafka_event_error_string(event.get()));
        }
      }
      if (fatal) replace(kafka);
    }
  }

  // Without it only a confirmed record would tell that brokers are back, and a service that is not ready gets none.
  void look_for_brokers(rd_kafka_t* kafka) {
    const rd_kafka_metadata_t* raw = nullptr;
    if (rd_kafka_metadata(kafka, 0, nullptr, &raw, kPoll_ms) != RD_KAFKA_RESP_ERR_NO_ERROR) return;
    const std::unique_ptr<const rd_kafka_metadata_t, Free> metadata(raw);
    reachable = metadata->broker_cnt > 0;
  }

  void report(const rd_kafka_message_t& message) {
    const std::unique_ptr<Waiting> waiting(static_cast<Waiting*>(message._private));
    --in_flight;
    if (message.err == RD_KAFKA_RESP_ERR_NO_ERROR) reachable = true;
    waiting->done(read_report(message));
  }

  bool on_error(rd_kafka_resp_err_t error, const char* text) {
    if (error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) reachable = false;
    log(Level::warn, "kafka.producer_error", {{"error", rd_kafka_err2name(error)}, {"text", text}});
    return error == RD_KAFKA_RESP_ERR__FATAL;
  }

  // A fatal error (possible after a possibly persisted record) ends an idempotent producer: a new one takes over, and
  // what was in flight ends as unknown; the journal deduplicates.
  void replace(const std::shared_ptr<rd_kafka_t>& broken) {
    auto fresh = make();
    {
      const std::lock_guard lock(mutex);
      handle = std::move(fresh);
    }
    rd_kafka_purge(broken.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    const Owned<rd_kafka_queue_t> queue(rd_kafka_queue_get_main(broken.get()));
    while (rd_kafka_outq_len(broken.get()) > 0) {
      const Owned<rd_kafka_event_t> event(rd_kafka_queue_poll(queue.get(), kPoll_ms));
      if (!event) break;
      while (const auto* message = rd_kafka_event_message_next(event.get())) report(*message);
    }
    log(Level::error, "kafka.producer_replaced");
  }

  void send(const std::string& topic, const std::string& key, const std::string& value, const Headers& headers,
            std::function<void(Result<Position>)> done) {
    const auto kafka = current();
    Owned<rd_kafka_headers_t> list;
    if (!headers.empty()) {
      list.reset(rd_kafka_headers_new(headers.size()));
      for (const auto& [name, text] : headers) {
        rd_kafka_header_add(list.get(), name.data(), static_cast<ssize_t>(name.size()), text.data(),
                            static_cast<ssize_t>(text.size()));
      }
    }
    auto waiting = std::make_unique<Waiting>(Waiting{std::move(done)});
    ++in_flight;
    const auto error = rd_kafka_producev(
        kafka.get(), RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_KEY(key.data(), key.size()),
        RD_KAFKA_V_VALUE(const_cast<char*>(value.data()), value.size()), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
        RD_KAFKA_V_HEADERS(list.get()), RD_KAFKA_V_OPAQUE(waiting.get()), RD_KAFKA_V_END);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
      (void)list.release();     // librdkafka owns the headers
      (void)waiting.release();  // and the delivery report brings this back
      return;
    }
    --in_flight;
    const bool full = error == RD_KAFKA_RESP_ERR__QUEUE_FULL;
    waiting->done(fail(
        full ? "kafka.queue_full" : "kafka.not_persisted",
        std::string(rd_kafka_err2str(error)) + (full ? "; Kafka is slower than what comes in, see queue_limit" : "")));
  }

  ProducerOptions options;
  std::mutex mutex;
  std::shared_ptr<rd_kafka_t> handle;
  std::atomic<std::int64_t> in_flight{0};
  std::atomic<bool> reachable{false};
  std::atomic<bool> stopping{false};
  std::thread poller;
};

Producer::Producer(asio::any_io_executor, ProducerOptions options)
    : impl_(std::make_shared<Impl>(std::move(options))) {}
Producer::~Producer() = default;

asio::awaitable<bool> Producer::prime(std::string topic, std::chrono::milliseconds timeout) {
  // Blocks only at start: until the leaders of the topic are known, a first produce would wait for them.
  const auto kafka = impl_->current();
  const Owned<rd_kafka_topic_t> handle(rd_kafka_topic_new(kafka.get(), topic.c_str(), nullptr));
  const rd_kafka_metadata_t* raw = nullptr;
  const auto error = rd_kafka_metadata(kafka.get(), 0, handle.get(), &raw, static_cast<int>(timeout.count()));
  const std::unique_ptr<const rd_kafka_metadata_t, Free> metadata(raw);
  const bool known = error == RD_KAFKA_RESP_ERR_NO_ERROR && metadata && metadata->topic_cnt == 1 &&
                     metadata->topics[0].err == RD_KAFKA_RESP_ERR_NO_ERROR;
  if (known) impl_->reachable = true;
  co_return known;
}

asio::awaitable<Result<Position>> Producer::send(std::string topic, std::string key, std::string value,
                                                 Headers headers) {
  co_return co_await asio::async_initiate<decltype(asio::use_awaitable), void(Result<Position>)>(
      [&](auto handler) {
        const auto executor = asio::get_associated_executor(handler);
        auto shared = std::make_shared<decltype(handler)>(std::move(handler));
        impl_->send(topic, key, value, headers, [shared, executor](Result<Position> result) {
          asio::post(executor,
                     [shared, result = std::move(result)]() mutable { std::move (*shared)(std::move(result)); });
        });
      },
      asio::use_awaitable);
}

asio::awaitable<void> Producer::flush(std::chrono::milliseconds deadline) {
  asio::steady_timer pause(co_await asio::this_coro::executor);
  const auto until = std::chrono::steady_clock::now() + deadline;
  while (impl_->in_flight > 0 && std::chrono::steady_clock::now() < until) {
    pause.expires_after(kFlushLook);
    co_await pause.async_wait(asio::use_awaitable);
  }
}

bool Producer::healthy() const { return impl_->reachable; }

}  // namespace kassaflow::kafka
