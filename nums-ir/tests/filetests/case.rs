//! The form of a file test, for its driver and for `nums-opt`: line 1 is `; test KIND [stage=STAGE]`, then programs, separated
//! by blank lines. Comments over a program are remarks, or arguments of a call (`; arg f64[100, 3] blocks [40, 2]`, `; arg 3`);
//! comments under it are what is expected, and the only thing that blessing rewrites.

/// A file of programs with expectations.
pub(crate) struct File {
    /// What is done with each program.
    pub(crate) kind: String,
    /// The stage of the texts.
    pub(crate) stage: String,
    /// Line 1 and the remarks under it.
    pub(crate) head: Vec<String>,
    pub(crate) cases: Vec<Case>,
}

/// One program.
pub(crate) struct Case {
    /// The comments over it.
    pub(crate) remarks: Vec<String>,
    /// The program, without the IR's first two lines.
    pub(crate) text: String,
    /// The comments under it, without `; `.
    pub(crate) expected: String,
}

impl File {
    /// The file that `text` shows; a bare IR text is a file of one program.
    pub(crate) fn read(text: &str) -> Result<File, String> {
        let first = text.lines().next().unwrap_or_default();
        if first.starts_with("nums-ir") {
            let stage = text.lines().nth(1).and_then(|l| l.strip_prefix("; stage: ")).unwrap_or("parsed");
            let program = text.lines().skip(2).map(|l| format!("{l}\n")).collect();
            let case = Case { remarks: vec![], text: program, expected: String::new() };
            return Ok(File { kind: "pipeline".into(), stage: stage.into(), head: vec![], cases: vec![case] });
        }
        let Some(rest) = first.strip_prefix("; test ") else { return Err("line 1 is not `; test KIND`".into()) };
        let mut words = rest.split_whitespace();
        let kind = words.next().ok_or("line 1 names no kind")?.to_owned();
        let mut stage = "parsed".to_owned();
        for word in words {
            stage = word.strip_prefix("stage=").ok_or(format!("line 1: unknown option `{word}`"))?.to_owned();
        }
        let mut file = File { kind, stage, head: vec![], cases: vec![] };
        for paragraph in text.split("\n\n") {
            let lines: Vec<&str> = paragraph.lines().filter(|l| !l.is_empty()).collect();
            let comment = |l: &&&str| l.starts_with(';');
            let over = lines.iter().take_while(comment).count();
            let under = lines[over..].iter().rev().take_while(comment).count();
            let remarks: Vec<String> = lines[..over].iter().map(ToString::to_string).collect();
            let program = &lines[over..lines.len() - under];
            if program.is_empty() {
                file.head.extend(remarks);
                continue;
            }
            let expected = lines[lines.len() - under..].iter().map(|l| l.strip_prefix("; ").unwrap_or(&l[1..]));
            file.cases.push(Case {
                remarks,
                text: program.iter().map(|l| format!("{l}\n")).collect(),
                expected: expected.collect::<Vec<_>>().join("\n"),
            });
        }
        Ok(file)
    }
}

impl Case {
    /// The program as the parser takes it.
    pub(crate) fn program(&self, stage: &str) -> String {
        format!("nums-ir 1\n; stage: {stage}\n{}", self.text)
    }
}
