// The head: every series, and the samples that are not in blocks yet.
#pragma once
#include <mutex>

#include "request.h"

namespace obsv {

struct Columns {
    std::vector<int64_t> offsets, t;
    std::vector<uint64_t> bits;

    void begin(size_t series) {
        offsets.assign(1, 0);
        offsets.reserve(series + 1);
    }

    void add(const std::vector<Sample>& samples) {
        for (const Sample& sample : samples) {
            t.push_back(sample.t);
            bits.push_back(sample.bits);
        }
        offsets.push_back(static_cast<int64_t>(t.size()));
    }
};

// A request is prepared (judged, nothing kept but successor hints), then applied or aborted; one at a time.
// Readers in other threads take the lock; a frozen generation never changes until it is released.
class Head {
  public:
    Head() : current_(pool_), frozen_(pool_) {}

    void seed(uint64_t a, uint64_t b) { table_.seed(a, b); }

    // Judge a request.  False when the protobuf is broken; then nothing of it stays.
    bool prepare(uint32_t org, Reader body, const Rules& rules) {
        const std::lock_guard<std::mutex> hold(lock_);
        return begin(org, body, rules, nullptr);
    }

    // Take a logged request again: nothing is judged, all but the samples it was answered as refused are kept.
    bool replay(uint32_t org, Reader body, uint32_t hour, Reader skips) {
        const std::lock_guard<std::mutex> hold(lock_);
        SkipReader runs(skips);
        Rules rules{};
        rules.hour = hour;
        if (!begin(org, body, rules, &runs)) return false;
        commit();
        return true;
    }

    void apply() {
        const std::lock_guard<std::mutex> hold(lock_);
        commit();
    }

    void abort() {
        const std::lock_guard<std::mutex> hold(lock_);
        roll_back();
    }

    void load(uint32_t org, Reader key) {
        const std::lock_guard<std::mutex> hold(lock_);
        committed_ = table_.add(org, key.p, key.left()) + 1;
    }

    // Set the samples so far aside for a flush.  False while an earlier flush is unfinished, or without samples.
    bool freeze() {
        const std::lock_guard<std::mutex> hold(lock_);
        if (frozen_.samples() || !current_.samples()) return false;
        std::swap(frozen_, current_);
        std::sort(frozen_.touched().begin(), frozen_.touched().end());
        return true;
    }

    const std::vector<uint32_t>& frozen_series() { return frozen_.touched(); }
    uint64_t frozen_samples() { return frozen_.samples(); }

    // The frozen samples of the given series.  Needs no lock.
    void columns(const uint32_t* sids, size_t k, Columns& out) {
        std::vector<Sample> samples;
        out.begin(k);
        for (size_t i = 0; i < k; i++) {
            samples.clear();
            frozen_.read(sids[i], NEVER, std::numeric_limits<int64_t>::max(), samples);
            settle(samples);
            out.add(samples);
        }
    }

    void release() {
        const std::lock_guard<std::mutex> hold(lock_);
        frozen_.release(SPARE_CHUNKS);
    }

    // Forget all samples; series stay, and so does what is known of their newest one.
    void clear() {
        const std::lock_guard<std::mutex> hold(lock_);
        roll_back();
        frozen_.release(SPARE_CHUNKS);
        current_.release(SPARE_CHUNKS);
    }

    // Samples of the given series within [start, end], with `newest` the last of each alone; false when they would be
    // more than `limit`.
    bool gather(const uint32_t* sids, size_t k, int64_t start, int64_t end, uint64_t limit, bool newest, Columns& out) {
        const std::lock_guard<std::mutex> hold(lock_);
        std::vector<Sample> samples;
        out.begin(k);
        for (size_t i = 0; i < k; i++) {
            samples.clear();
            frozen_.read(sids[i], start, end, samples);
            current_.read(sids[i], start, end, samples);
            settle(samples);
            if (newest && samples.size() > 1) samples.erase(samples.begin(), samples.end() - 1);
            if (out.t.size() + samples.size() > limit) return false;
            out.add(samples);
        }
        return true;
    }

    // Label bytes of series [from, to), one after the other, with their organisations.
    void keys(uint32_t from, uint32_t to, std::string& bytes, std::vector<uint32_t>& sizes,
              std::vector<uint32_t>& orgs) {
        const std::lock_guard<std::mutex> hold(lock_);
        for (uint32_t sid = from; sid < to && sid < committed_; sid++) {
            const Series& series = table_[sid];
            bytes.append(reinterpret_cast<const char*>(series.key), series.key_size);
            sizes.push_back(series.key_size);
            orgs.push_back(series.org);
        }
    }

    void newest(const uint32_t* sids, size_t k, int64_t* out) {
        const std::lock_guard<std::mutex> hold(lock_);
        for (size_t i = 0; i < k; i++) out[i] = table_[sids[i]].newest;
    }

    void owners(const uint32_t* sids, size_t k, int64_t* out) {
        const std::lock_guard<std::mutex> hold(lock_);
        for (size_t i = 0; i < k; i++) out[i] = table_[sids[i]].org;
    }

    uint64_t active(uint32_t org) {
        const std::lock_guard<std::mutex> hold(lock_);
        const auto found = active_.find(org);
        return found == active_.end() ? 0 : found->second;
    }

    const Outcome& outcome() const { return outcome_; }
    uint32_t series() const { return committed_; }
    uint64_t samples() const { return current_.samples(); }
    uint64_t touched() { return current_.touched().size(); }

    size_t bytes() {
        const std::lock_guard<std::mutex> hold(lock_);
        return pool_.bytes() + table_.bytes() + current_.bytes() + frozen_.bytes();
    }

  private:
    bool begin(uint32_t org, Reader body, const Rules& rules, SkipReader* skips) {
        roll_back();
        refs_.clear();
        touches_.clear();
        outcome_ = Outcome();
        rules_ = rules;
        org_ = org;
        skips_ = skips;
        ordinal_ = 0;
        last_ = NONE;
        base_ = table_.size();
        tentative_active_ = 0;
        if (++request_ == 0) {
            for (Series& series : table_.all()) series.mark = 0;
            request_ = 1;
        }
        roll_hour();
        org_active_ = active_[org];
        if (!walk(body)) {
            skip_writer_.finish();
            roll_back();
            return false;
        }
        outcome_.skips = skip_writer_.finish();
        return true;
    }

    bool walk(Reader body) {
        while (body.more()) {
            uint64_t field;
            unsigned wire;
            Reader message;
            if (!body.tag(field, wire)) return false;
            if (field == 1) {
                if (wire != 2 || !body.chunk(message) || !time_series(message)) return false;
            } else if ((field == 3 && wire != 2) || !body.skip(wire)) {
                return false;
            } else if (field == 3) {
                outcome_.beside++;
            }
        }
        return true;
    }

    bool time_series(Reader message) {
        Reader key{message.p, message.p};
        uint32_t sid = predicted(message);
        Reader label;
        while (sid == NONE && message.more() && *message.p == 0x0A) {
            message.p++;
            if (!message.chunk(label)) return false;
        }
        key.end = message.p;
        points_.clear();
        bool scattered = false;
        while (message.more()) {
            uint64_t field;
            unsigned wire;
            Reader inner;
            if (!message.tag(field, wire)) return false;
            if (field < 1 || field > 4) {
                if (!message.skip(wire)) return false;
                continue;
            }
            if (wire != 2 || !message.chunk(inner)) return false;
            if (field == 1) {
                if (!scattered) scattered_.assign(view(key));
                scattered = true;
                scattered_.push_back(0x0A);
                put_varint(scattered_, inner.left());
                scattered_.append(view(inner));
            } else if (field == 2) {
                if (!point(inner)) return false;
            } else {
                outcome_.beside++;
            }
        }
        if (scattered) {
            sid = NONE;
            key = {reinterpret_cast<const Byte*>(scattered_.data()),
                   reinterpret_cast<const Byte*>(scattered_.data()) + scattered_.size()};
        }
        return points_.empty() || series(sid, key);
    }

    // The series that followed the last one before, if these bytes begin with just its labels.
    uint32_t predicted(Reader& message) {
        if (last_ == NONE) return NONE;
        const uint32_t sid = table_[last_].successor;
        if (sid >= table_.size()) return NONE;
        const Series& series = table_[sid];
        const size_t size = series.key_size;
        if (size > message.left() || !table_.is(sid, org_, message.p, size)) return NONE;
        if (size < message.left() && message.p[size] == 0x0A) return NONE;
        message.p += size;
        return sid;
    }

    bool point(Reader message) {
        Sample sample{0, 0};
        while (message.more()) {
            uint64_t field, number;
            unsigned wire;
            if (!message.tag(field, wire)) return false;
            if (field == 1) {
                if (wire != 1 || !message.fixed64(sample.bits)) return false;
            } else if (field == 2) {
                if (wire != 0 || !message.varint(number)) return false;
                sample.t = static_cast<int64_t>(number);
            } else if (!message.skip(wire)) {
                return false;
            }
        }
        if ((sample.bits & TOKEN_MASK) == TOKEN_TAG) sample.bits = PLAIN_NAN;
        points_.push_back(sample);
        return true;
    }

    // Find or make the series of `key` and judge `points_`.  False when its labels are broken protobuf.
    bool series(uint32_t sid, Reader key) {
        if (sid == NONE) sid = table_.find(org_, key.p, key.left());
        if (sid == NONE) {
            if (!parse_labels(key, pairs_)) return false;
            const LabelFault fault = canonical_key(pairs_, rules_.labels, skips_ == nullptr, canonical_);
            if (fault != LABELS_OK) {
                if (outcome_.first_reason < 0) outcome_.first_fault = fault;
                for (const Sample& sample : points_) refuse_point(LABELS, key, sample.t);
                return true;
            }
            key = {reinterpret_cast<const Byte*>(canonical_.data()),
                   reinterpret_cast<const Byte*>(canonical_.data()) + canonical_.size()};
            sid = table_.find(org_, key.p, key.left());
        }
        uint32_t touch = sid == NONE ? NONE : touch_of(sid);
        for (const Sample& sample : points_) {
            const int verdict = skips_ ? replayed() : judge(touch, sample);
            if (verdict >= 0) {
                refuse_point(verdict, key, sample.t);
                continue;
            }
            ordinal_++;
            outcome_.accepted++;
            if (verdict == REPEATS) continue;
            if (touch == NONE) touch = touch_of(table_.add(org_, key.p, key.left()));
            keep(touch, sample);
        }
        if (touch != NONE) {
            if (last_ != NONE) table_[last_].successor = touches_[touch].sid;
            last_ = touches_[touch].sid;
        }
        return true;
    }

    uint32_t touch_of(uint32_t sid) {
        Series& series = table_[sid];
        if (series.mark == request_) return series.touch;
        series.mark = request_;
        series.touch = static_cast<uint32_t>(touches_.size());
        const bool known = sid < base_ && series.newest != NEVER;
        touches_.push_back({sid, NONE, series.newest, series.last_bits, known, is_active(series)});
        return series.touch;
    }

    static constexpr int KEEPS = -1, REPEATS = -2;

    int judge(uint32_t touch, const Sample& sample) {
        if (sample.t > rules_.newest) return TOO_NEW;
        if (sample.t < rules_.oldest) return TOO_OLD;
        if (touch == NONE) return at_limit() ? SERIES_LIMIT : KEEPS;
        const Touch& series = touches_[touch];
        if (series.newest != NEVER && sample.t <= series.newest) {
            uint64_t bits = series.last_bits;
            const uint64_t behind = static_cast<uint64_t>(series.newest) - static_cast<uint64_t>(sample.t);
            if (series.known && behind > static_cast<uint64_t>(rules_.late_window)) return TOO_OLD;
            if (behind == 0 || find(series, sample.t, bits)) return bits == sample.bits ? REPEATS : DUPLICATE;
        }
        return !series.active && at_limit() ? SERIES_LIMIT : KEEPS;
    }

    // Repeats are kept as well: whether the first one is in blocks or was forgotten is not known here.
    int replayed() { return skips_->skipped(ordinal_) ? LABELS : KEEPS; }

    bool at_limit() const { return org_active_ + tentative_active_ >= rules_.series_limit; }

    bool is_active(const Series& series) const { return series.hour && series.hour + 1 >= hour_; }

    bool find(const Touch& series, int64_t t, uint64_t& bits) const {
        uint32_t ref = series.last_ref;
        for (int walked = 0; ref != NONE && walked < 4096; walked++, ref = refs_[ref].before) {
            if (refs_[ref].t != t) continue;
            bits = refs_[ref].bits;
            return true;
        }
        return current_.find(series.sid, t, bits) || frozen_.find(series.sid, t, bits);
    }

    void keep(uint32_t touch, const Sample& sample) {
        Touch& series = touches_[touch];
        refs_.push_back({touch, series.last_ref, sample.t, sample.bits});
        series.last_ref = static_cast<uint32_t>(refs_.size() - 1);
        if (!series.active) tentative_active_++;
        series.active = true;
        if (series.newest == NEVER || sample.t > series.newest) {
            series.newest = sample.t;
            series.last_bits = sample.bits;
        }
    }

    void refuse_point(int reason, Reader key, int64_t t) {
        skip_writer_.skip(ordinal_++);
        outcome_.refused[reason]++;
        if (outcome_.first_reason >= 0) return;
        outcome_.first_reason = reason;
        outcome_.first_t = t;
        outcome_.first_key.assign(view(key));
    }

    void commit() {
        for (const Ref& ref : refs_) current_.append(touches_[ref.touch].sid, ref.t, ref.bits);
        for (const Touch& touch : touches_) {
            if (touch.last_ref == NONE) continue;
            Series& series = table_[touch.sid];
            series.newest = touch.newest;
            series.last_bits = touch.last_bits;
            series.hour = hour_;
        }
        if (tentative_active_) active_[org_] += tentative_active_;
        committed_ = table_.size();
        refs_.clear();
        touches_.clear();
        tentative_active_ = 0;
    }

    void roll_back() {
        while (table_.size() > committed_) table_.drop_last();
        refs_.clear();
        touches_.clear();
        tentative_active_ = 0;
    }

    // A series is active while its last sample came in this clock hour or the one before.
    void roll_hour() {
        if (rules_.hour <= hour_) return;
        hour_ = rules_.hour;
        active_.clear();
        for (const Series& series : table_.all())
            if (is_active(series)) active_[series.org]++;
    }

    static constexpr size_t SPARE_CHUNKS = 2;

    std::mutex lock_;
    SeriesTable table_;
    SlabPool pool_;
    Generation current_, frozen_;
    std::unordered_map<uint32_t, uint64_t> active_;
    uint32_t committed_ = 0, hour_ = 0;

    // the request in hand
    Rules rules_{};
    Outcome outcome_;
    SkipWriter skip_writer_;
    SkipReader* skips_ = nullptr;
    std::vector<Touch> touches_;
    std::vector<Ref> refs_;
    std::vector<Sample> points_;
    std::vector<LabelPair> pairs_;
    std::string scattered_, canonical_;
    uint64_t ordinal_ = 0, org_active_ = 0, tentative_active_ = 0;
    uint32_t org_ = 0, request_ = 0, base_ = 0, last_ = NONE;
};

}  // namespace obsv
