import { Presets, SingleBar } from "cli-progress";

const STAGES = {
  READING_DEPARTMENTS: "Reading departments",
  READING_EMPLOYEES: "Reading employees",
  COMPARING: "Comparing",
  WRITING: "Writing",
  COMMITTING: "Committing",
  PLANNING: "Planning",
  APPLYING: "Applying",
} as const;

/** Where an import is. */
export interface Progress {
  stage: keyof typeof STAGES;
  done: number;
  /** Absent where it is not known. */
  total?: number | undefined;
}

export interface ProgressDisplay {
  show: (progress: Progress) => void;
  /** Leaves the terminal as it was. */
  stop: () => void;
}

/** Shows how far an import is: a bar on a terminal; elsewhere a line where each stage begins. */
export function progressOn(out: NodeJS.WriteStream): ProgressDisplay {
  return out.isTTY ? barOn(out) : linesOn(out);
}

function linesOn(out: NodeJS.WriteStream): ProgressDisplay {
  let stage: Progress["stage"] | undefined;
  return {
    show(progress) {
      if (progress.stage !== stage) out.write(`${STAGES[progress.stage]} …\n`);
      stage = progress.stage;
    },
    stop: () => undefined,
  };
}

function barOn(out: NodeJS.WriteStream): ProgressDisplay {
  const bar = new SingleBar(
    { format: "{stage} [{bar}] {percentage}%", stream: out, hideCursor: true, clearOnComplete: true },
    Presets.legacy,
  );
  let started = false;
  return {
    show({ stage, done, total }) {
      const payload = { stage: STAGES[stage].padEnd(20) };
      if (!started) bar.start(total ?? done, done, payload);
      started = true;
      bar.setTotal(Math.max(total ?? done, 1));
      bar.update(stage === "COMMITTING" ? 1 : done, payload);
      if (stage === "COMMITTING") bar.render();
    },
    stop() {
      if (started) bar.stop();
    },
  };
}
