"""Words that promise without saying what: a standard that uses them cannot be kept or missed (row S2). A cycle may add others."""

from collections.abc import Mapping

VAGUE: Mapping[str, tuple[str, ...]] = {
    "en": (
        "adequate", "adequately", "appropriate", "appropriately", "as far as possible", "as soon as possible", "attentive", "best",
        "better", "careful", "carefully", "courteous", "early", "efficient", "efficiently", "enough", "fast", "few", "friendly",
        "frequently", "good", "high quality", "immediately", "in due time", "in time", "kindly", "many", "nice", "normally", "often",
        "polite", "politely", "promptly", "proper", "properly", "quick", "quickly", "reasonable", "reasonably", "regularly", "shortly",
        "soon", "sufficient", "swiftly", "timely", "try to", "usually", "warm", "warmly", "when necessary", "where possible",
    ),
    "zh": (
        "及时", "尽快", "尽早", "尽量", "尽可能", "力求", "力争", "马上", "立即", "迅速", "快速", "适当", "适时", "适度", "合理",
        "妥善", "良好", "优质", "热情", "周到", "礼貌", "亲切", "友好", "认真", "仔细", "经常", "定期", "随时", "一般", "基本上",
        "原则上", "若干", "大量", "足够", "必要时", "视情况", "高效", "满意的",
    ),
}
"""By language; Latin words are found as whole words whatever their case, Chinese ones wherever they stand."""
