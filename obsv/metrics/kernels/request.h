// One remote_write request on its way in: what it touches, what is refused, and why.
#pragma once
#include <string>
#include <vector>

#include "label_set.h"
#include "slabs.h"

namespace obsv {

// Reasons for refusing a sample; the Python side has the names, in this order.
enum Refusal : int { TOO_OLD, TOO_NEW, DUPLICATE, LABELS, SERIES_LIMIT, REFUSALS };

// NaNs of this kind stand for histograms where a query meets them, so none may come from a sender.
constexpr uint64_t TOKEN_TAG = 0x7FFC000000000000, TOKEN_MASK = 0xFFFF000000000000, PLAIN_NAN = 0x7FF8000000000001;

struct Rules {
    int64_t oldest;       // no sample before this (retention)
    int64_t newest;       // none after this (the future window)
    int64_t late_window;  // how far behind its series' newest sample one may come
    uint32_t series_limit;
    uint32_t hour;        // of arrival, for counting active series
    LabelLimits labels;
};

struct Outcome {
    uint64_t accepted = 0;  // including repeats of what is there already
    uint64_t refused[REFUSALS] = {};
    int first_reason = -1;  // of the first refusal, with the sample it met
    int first_fault = LABELS_OK;
    int64_t first_t = 0;
    std::string first_key;
    uint64_t beside = 0;    // histograms, exemplars and metadata: read by those who keep them
    std::string skips;  // refused samples as (gap, run) varints over all samples of the body, for the log
};

// A series within the request.  What is known of it here includes the request's own earlier samples.
struct Touch {
    uint32_t sid;
    uint32_t last_ref;
    int64_t newest;
    uint64_t last_bits;
    bool known;   // had samples before this request
    bool active;  // counts towards the limit of active series already
};

struct Ref {
    uint32_t touch;
    uint32_t before;  // the same series' ref before this one
    int64_t t;
    uint64_t bits;
};

// Writes the runs of refused samples.
class SkipWriter {
  public:
    void skip(uint64_t ordinal) {
        if (run_ && ordinal == start_ + run_) {
            run_++;
            return;
        }
        close();
        start_ = ordinal;
        run_ = 1;
    }

    std::string finish() {
        close();
        std::string out;
        out.swap(out_);
        end_ = 0;
        return out;
    }

  private:
    void close() {
        if (!run_) return;
        put_varint(out_, start_ - end_);
        put_varint(out_, run_);
        end_ = start_ + run_;
        run_ = 0;
    }

    std::string out_;
    uint64_t start_ = 0, run_ = 0, end_ = 0;
};

// Reads them again while the log is replayed; asked for rising ordinals.
class SkipReader {
  public:
    explicit SkipReader(Reader runs) : runs_(runs) {}

    bool skipped(uint64_t ordinal) {
        while (ordinal >= end_) {
            uint64_t gap, run;
            if (!runs_.more() || !runs_.varint(gap) || !runs_.varint(run)) return false;
            start_ = end_ + gap;
            end_ = start_ + run;
        }
        return ordinal >= start_;
    }

  private:
    Reader runs_;
    uint64_t start_ = 0, end_ = 0;
};

}  // namespace obsv
