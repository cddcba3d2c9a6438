//! Asking for memory before it is written.

/// Asks for the cache line of `slice[index]`, to be written soon. Changes nothing, and may ask for what is not there.
#[inline(always)]
pub(crate) fn prefetch_write<T>(slice: &[T], index: usize) {
    let at = slice.as_ptr().wrapping_add(index);
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a hint; an address that is not mapped is ignored. Without PREFETCHW the processor takes it for a no-op.
    unsafe {
        std::arch::asm!("prefetchw [{}]", in(reg) at, options(nostack, preserves_flags, readonly));
    }
    #[cfg(target_arch = "aarch64")]
    // SAFETY: a hint; an address that is not mapped is ignored.
    unsafe {
        std::arch::asm!("prfm pstl1keep, [{}]", in(reg) at, options(nostack, preserves_flags, readonly));
    }
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    let _ = at;
}

/// Asks for the cache line of `bytes[index]`, to be read soon. Changes nothing, and may ask for what is not there.
#[inline(always)]
pub(crate) fn prefetch_read(bytes: &[u8], index: usize) {
    let at = bytes.as_ptr().wrapping_add(index);
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a hint; an address that is not mapped is ignored.
    unsafe {
        std::arch::asm!("prefetcht1 [{}]", in(reg) at, options(nostack, preserves_flags, readonly));
    }
    #[cfg(target_arch = "aarch64")]
    // SAFETY: a hint; an address that is not mapped is ignored.
    unsafe {
        std::arch::asm!("prfm pldl2keep, [{}]", in(reg) at, options(nostack, preserves_flags, readonly));
    }
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    let _ = at;
}
