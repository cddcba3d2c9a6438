//! [`DefaultFloatMode`]: rounding to nearest and gradual underflow for the length of a call.

/// While it lives, this thread rounds to nearest and keeps denormals, whatever its caller had set; the caller's mode
/// comes back when it is dropped.
///
/// Some libraries set flush-to-zero for a whole process; a denormal score would then compare equal to 0.0. Counting sets
/// the mode itself; a caller that also measures under a mode it does not know holds one of these meanwhile.
///
/// ```
/// let _mode = thresher::DefaultFloatMode::set();
/// assert!(f64::from_bits(1) > 0.0);
/// ```
#[derive(Debug)]
pub struct DefaultFloatMode {
    #[cfg(target_arch = "x86_64")]
    caller: u32,
    #[cfg(target_arch = "aarch64")]
    caller: u64,
}

#[cfg(target_arch = "x86_64")]
impl DefaultFloatMode {
    /// All exceptions masked, round to nearest, neither flush-to-zero nor denormals-are-zero.
    const DEFAULT: u32 = 0x1f80;

    /// Sets the default mode until the value is dropped.
    #[must_use]
    pub fn set() -> Self {
        let mut caller = 0_u32;
        // SAFETY: stores the 4 bytes of MXCSR into a u32 of this frame.
        unsafe { std::arch::asm!("stmxcsr [{}]", in(reg) &raw mut caller, options(nostack, preserves_flags)) };
        if caller & !0x3f != Self::DEFAULT {
            load(Self::DEFAULT);
        }
        Self { caller }
    }
}

#[cfg(target_arch = "x86_64")]
impl Drop for DefaultFloatMode {
    fn drop(&mut self) {
        if self.caller & !0x3f != Self::DEFAULT {
            load(self.caller);
        }
    }
}

#[cfg(target_arch = "x86_64")]
fn load(mode: u32) {
    // SAFETY: `mode` is Rust's own default mode, or one this thread was running in before; no reserved bit is set.
    unsafe { std::arch::asm!("ldmxcsr [{}]", in(reg) &raw const mode, options(nostack, preserves_flags)) };
}

#[cfg(target_arch = "aarch64")]
impl DefaultFloatMode {
    /// Sets the default mode until the value is dropped.
    #[must_use]
    pub fn set() -> Self {
        let caller: u64;
        // SAFETY: reads and clears this thread's own floating-point control register; 0 is Rust's default mode.
        unsafe {
            std::arch::asm!("mrs {}, fpcr", out(reg) caller, options(nomem, nostack));
            std::arch::asm!("msr fpcr, {}", in(reg) 0_u64, options(nomem, nostack));
        }
        Self { caller }
    }
}

#[cfg(target_arch = "aarch64")]
impl Drop for DefaultFloatMode {
    fn drop(&mut self) {
        // SAFETY: puts back the mode this thread ran in before.
        unsafe { std::arch::asm!("msr fpcr, {}", in(reg) self.caller, options(nomem, nostack)) };
    }
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
impl DefaultFloatMode {
    /// Does nothing on this architecture.
    #[must_use]
    pub fn set() -> Self {
        Self {}
    }
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use super::*;

    #[test]
    fn denormals_count_within_and_the_callers_mode_returns() {
        let flush = 0x1f80 | 0x8040; // flush-to-zero, denormals-are-zero
        let before = DefaultFloatMode::set();
        load(flush);
        let tiny = std::hint::black_box(f64::from_bits(1));
        assert!(std::hint::black_box(tiny * 1.0) == 0.0);
        {
            let _mode = DefaultFloatMode::set();
            assert!(std::hint::black_box(tiny * 1.0) > 0.0);
        }
        assert!(std::hint::black_box(tiny * 1.0) == 0.0);
        load(DefaultFloatMode::DEFAULT);
        drop(before);
    }
}
