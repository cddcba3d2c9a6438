//! Fewer points of a curve, each dropped one within a tolerance of what stays.

/// Positions of a subset of the points `(x[i], y[i])`, ascending: every dropped point is within `tolerance`, in
/// `max(|Δx|, |Δy|)`, of a point on the polyline through the kept ones. First and last stay. O(n).
///
/// One pass. From the last kept point (the anchor) a segment to each next point is tried; when it would leave a skipped
/// point out of tolerance, the point before becomes the new anchor. Two tests make a segment `a → b` good for a skipped
/// `q`, and both hold for all skipped points at once in constant time:
///
/// 1. **Cone.** The line through `a` along `d = b − a` meets the square of half-side `tolerance` around `q`. The
///    directions that do form a cone for each `q` (all of them, if the square holds `a`); the intersection is kept.
/// 2. **Box.** `q` lies within `tolerance` of the box that `a` and `b` span, in `x` and in `y`.
///
/// *Why these suffice.* Let `z` be on the line with `max(|z − q|) <= tolerance`. If `z` is between `a` and `b`, done.
/// If it is beyond `b`, take `d.x >= 0` (else mirror): then `z.x >= b.x`, so `b.x − q.x <= z.x − q.x <= tolerance`,
/// and `q.x − b.x <= tolerance` by the box; the same in `y`; so `b` itself is within tolerance of `q`. If `z` is
/// before `a`, `a` is, by the same argument. Nothing was assumed of the order of the points, so vertical and
/// horizontal runs and curves that go back are covered. Rounding adds a few units in the last place of the largest
/// coordinate.
///
/// Coordinates that are NaN or infinite, and a tolerance that is NaN or negative, are within nothing: all points stay.
/// Of columns of different lengths the shorter one counts.
///
/// Source: the cone intersection of Reumann & Witkam (1974) and Opheim (1982), for the maximum norm.
///
/// ```
/// use thresher::measure::thin;
///
/// let (x, y) = ([0.0, 0.25, 0.5, 0.75, 1.0], [0.0, 0.26, 0.5, 0.5, 0.5]);
/// assert_eq!(thin(&x, &y, 0.02), [0, 2, 4]);
/// ```
#[must_use]
pub fn thin(x: &[f64], y: &[f64], tolerance: f64) -> Vec<usize> {
    let points: Vec<Vector> = x.iter().zip(y).map(|(&x, &y)| Vector { x, y }).collect();
    let measurable = points.iter().all(|point| point.x.is_finite() && point.y.is_finite());
    if points.len() < 3 || !measurable || tolerance.is_nan() || tolerance < 0.0 {
        return (0..points.len()).collect();
    }
    let mut kept = vec![0];
    let mut reach = Reach::from(points[0], tolerance);
    for i in 1..points.len() {
        if !reach.admits(points[i]) {
            kept.push(i - 1);
            reach = Reach::from(points[i - 1], tolerance);
        }
        reach.skip(points[i]);
    }
    kept.push(points.len() - 1);
    kept
}

/// The same of a curve drawn in steps, level from each point until above or below the next: [`thin`] would let a step stand
/// for a slope. Every dropped point is within `tolerance`, in `y`, of the kept one before it, so that the steps through the
/// kept points are within it of all steps, and first and last stay. `x` must not turn back. O(n).
///
/// What is NaN or infinite, a tolerance that is NaN or negative, and columns of different lengths count as in [`thin`].
///
/// ```
/// use thresher::measure::thin_steps;
///
/// let (x, y) = ([1.0, 0.75, 0.5, 0.25, 0.0], [0.5, 0.51, 0.53, 0.52, 0.52]);
/// assert_eq!(thin_steps(&x, &y, 0.02), [0, 2, 4]);
/// ```
#[must_use]
pub fn thin_steps(x: &[f64], y: &[f64], tolerance: f64) -> Vec<usize> {
    let len = x.len().min(y.len());
    let measurable = x[..len].iter().chain(&y[..len]).all(|value| value.is_finite());
    if !measurable || tolerance.is_nan() || tolerance < 0.0 {
        return (0..len).collect();
    }
    let mut anchor = f64::NEG_INFINITY;
    let mut stays = |i: usize| {
        let stays = i + 1 == len || (y[i] - anchor).abs() > tolerance;
        if stays {
            anchor = y[i];
        }
        stays
    };
    (0..len).filter(|&i| stays(i)).collect()
}

/// A point, or the difference of two.
#[derive(Debug, Clone, Copy)]
struct Vector {
    x: f64,
    y: f64,
}

/// Where a segment from the anchor may end, given the points skipped since.
struct Reach {
    anchor: Vector,
    tolerance: f64,
    /// The skipped points' directions that a segment may take; `None`: any.
    cone: Option<Cone>,
    /// The box of the skipped points and the anchor, relative to the anchor.
    lowest: Vector,
    highest: Vector,
}

/// Directions from `right` counter-clockwise to `left`, less than half a turn; or none.
#[derive(Debug, Clone, Copy)]
enum Cone {
    Between { right: Vector, left: Vector },
    Empty,
}

impl Vector {
    fn from(self, origin: Self) -> Self {
        Self { x: self.x - origin.x, y: self.y - origin.y }
    }

    /// Positive when `other` lies counter-clockwise of `self`, less than half a turn away.
    fn cross(self, other: Self) -> f64 {
        self.x * other.y - self.y * other.x
    }
}

impl Reach {
    fn from(anchor: Vector, tolerance: f64) -> Self {
        let here = Vector { x: 0.0, y: 0.0 };
        Self { anchor, tolerance, cone: None, lowest: here, highest: here }
    }

    /// True when the segment from the anchor to `end` passes every skipped point within the tolerance.
    fn admits(&self, end: Vector) -> bool {
        let Vector { x, y } = end.from(self.anchor);
        let boxed = self.highest.x - x.max(0.0) <= self.tolerance
            && x.min(0.0) - self.lowest.x <= self.tolerance
            && self.highest.y - y.max(0.0) <= self.tolerance
            && y.min(0.0) - self.lowest.y <= self.tolerance;
        let stays = x == 0.0 && y == 0.0; // no direction at all: the box alone says that all is near
        boxed && (stays || self.cone.is_none_or(|cone| cone.holds(Vector { x, y })))
    }

    /// Takes in a point that may be dropped.
    fn skip(&mut self, point: Vector) {
        let offset = point.from(self.anchor);
        self.lowest = Vector { x: self.lowest.x.min(offset.x), y: self.lowest.y.min(offset.y) };
        self.highest = Vector { x: self.highest.x.max(offset.x), y: self.highest.y.max(offset.y) };
        if let Some(cone) = Cone::to_square(offset, self.tolerance) {
            self.cone = Some(self.cone.map_or(cone, |old| old.intersection(cone)));
        }
    }
}

impl Cone {
    /// The directions that meet the square of half-side `half` around `centre`; `None` when it holds the origin.
    fn to_square(centre: Vector, half: f64) -> Option<Self> {
        if centre.x.abs() <= half && centre.y.abs() <= half {
            return None;
        }
        let corners = [(-half, -half), (-half, half), (half, -half), (half, half)]
            .map(|(x, y)| Vector { x: centre.x + x, y: centre.y + y });
        let further =
            |turn: f64| move |best: Vector, corner: Vector| if turn * best.cross(corner) > 0.0 { corner } else { best };
        let right = corners.into_iter().fold(centre, further(-1.0));
        let left = corners.into_iter().fold(centre, further(1.0));
        Some(Self::Between { right, left })
    }

    fn holds(self, direction: Vector) -> bool {
        let Self::Between { right, left } = self else { return false };
        // A cone of one direction also holds its opposite: that lies on the same line, which is all that is asked.
        right.cross(direction) >= 0.0 && direction.cross(left) >= 0.0
    }

    /// Two arcs below half a turn meet in one arc; each of its edges is the edge of one that lies in the other.
    fn intersection(self, other: Self) -> Self {
        let (Self::Between { right: r1, left: l1 }, Self::Between { right: r2, left: l2 }) = (self, other) else {
            return Self::Empty;
        };
        let edge = |ours: Vector, theirs: Vector| {
            if self.holds(theirs) { Some(theirs) } else { other.holds(ours).then_some(ours) }
        };
        match (edge(r1, r2), edge(l1, l2)) {
            (Some(right), Some(left)) => Self::Between { right, left },
            _ => Self::Empty,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{thin, thin_steps};

    #[test]
    fn runs_of_an_roc_curve_keep_their_corners() {
        let (x, y) = ([0.0, 0.0, 0.0, 0.5, 0.8, 1.0, 1.0], [0.0, 0.3, 0.6, 0.6, 0.6, 0.6, 1.0]);
        assert_eq!(thin(&x, &y, 1e-9), [0, 2, 5, 6]);
        assert_eq!(thin(&x, &y, 0.0), [0, 2, 5, 6]);
    }

    #[test]
    fn a_spike_that_comes_back_is_kept() {
        let (x, y) = ([0.0, 0.0, 0.0, 1.0], [0.0, 1.0, 0.5, 0.5]);
        assert_eq!(thin(&x, &y, 0.1), [0, 1, 2, 3], "the segment (0,0)-(0,½) would not reach the spike");
    }

    #[test]
    fn what_cannot_be_measured_is_kept() {
        let line = [0.0, 1.0, 2.0, 3.0];
        assert_eq!(thin(&line, &[0.0, f64::NAN, 2.0, 3.0], 0.5).len(), 4);
        assert_eq!(thin(&line, &[0.0, f64::INFINITY, 2.0, 3.0], 0.5).len(), 4);
        assert_eq!(thin(&line, &line, f64::NAN).len(), 4);
        assert_eq!(thin(&line, &line, -1.0).len(), 4);
        assert_eq!(thin(&line, &line, 0.0), [0, 3]);
        assert!(thin(&[], &[], 0.1).is_empty());
        assert_eq!(thin(&[1.0], &[1.0], 0.1), [0]);
    }

    #[test]
    fn repeated_points_collapse() {
        assert_eq!(thin(&[2.0; 5], &[3.0; 5], 0.0), [0, 4]);
    }
    #[test]
    fn steps_stay_within_the_tolerance_of_all_steps() {
        let len = 1000;
        let x: Vec<f64> = (0..len).map(|i| 1.0 - (i / 3) as f64 / len as f64).collect();
        let y: Vec<f64> = (0..len).map(|i| (i as f64 / 150.0).sin() + (i * 7919 % 101) as f64 / 5000.0).collect();
        for tolerance in [0.0, 0.01, 0.03, 3.0] {
            let kept = thin_steps(&x, &y, tolerance);
            assert_eq!((kept[0], kept[kept.len() - 1]), (0, len - 1));
            for pair in kept.windows(2) {
                assert!((pair[0]..pair[1]).all(|i| (y[i] - y[pair[0]]).abs() <= tolerance));
            }
        }
        assert_eq!(thin_steps(&x, &y, 0.0).len(), len);
        assert_eq!(thin_steps(&x, &y, 3.0), [0, len - 1]);
        assert!(thin_steps(&x, &y, 0.03).len() < len / 4);
    }

    #[test]
    fn steps_that_cannot_be_measured_are_kept() {
        let line = [0.0, 1.0, 2.0, 3.0];
        assert_eq!(thin_steps(&line, &[0.0, f64::NAN, 0.0, 0.0], 0.5).len(), 4);
        assert_eq!(thin_steps(&[f64::INFINITY, 1.0, 2.0, 3.0], &[0.0; 4], 0.5).len(), 4);
        assert_eq!(thin_steps(&line, &[0.0; 4], f64::NAN).len(), 4);
        assert_eq!(thin_steps(&line, &[0.0; 4], -1.0).len(), 4);
        assert_eq!(thin_steps(&line, &[0.0; 3], 0.0), [0, 2]);
        assert!(thin_steps(&[], &[], 0.1).is_empty());
    }
}
