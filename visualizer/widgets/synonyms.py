"""Words that a person may look for, beside a command's name, in both languages. By the command's id."""

from __future__ import annotations

SYNONYMS = {
    "text.focus": "type sentence prompt input write 入力 文章 書く プロンプト テキスト",
    "texts.open": "recent past sentences list back again clear 履歴 最近 前の文 一覧 消去",
    "texts.older": "history previous past back recent 履歴 前の文 戻る",
    "texts.newer": "history next forward recent 履歴 次の文 進む",
    "undo": "back revert take back previous step history 取り消す 取り消し 戻る 一つ前",
    "redo": "again forward repeat next step history 再実行 進む もう一度",
    "examples": "sample library gallery sentences lesson demo learn start 見本 例文 サンプル 教材 はじめて 一覧",
    "examples.keep": "save own sample bookmark favourite note 保存 自分 例文 しおり メモ 登録",
    "model.choose": (
        "load open hub hugging face gguf bert gpt switch settings preferences 読み込み 開く 変更 切り替え 設定"
    ),
    "model.card": "information help parameters vocabulary size license 情報 詳細 パラメータ数 語彙 ヘルプ",
    "device.choose": "gpu cpu cuda mps float32 float16 bfloat16 dtype precision settings preferences 精度 計算 設定",
    "adapter.switch": "lora peft base tuned fine-tuned without アダプター 微調整 ファインチューニング 元のモデル",
    "adapter.compare": "lora peft base tuned fine-tuned side by side アダプター 微調整 比較 元のモデル 並べる",
    "layer.next": "up block 上 レイヤー",
    "layer.previous": "down block 下 レイヤー",
    "head.next": "right 右",
    "head.previous": "left 左",
    "kind.next": "encoder decoder cross self source target エンコーダー デコーダー 交差 自己 相互",
    "unlock": "release escape free deselect 解除 選択 戻る",
    "off.head": "ablate ablation knock out remove disable intervention zero アブレーション 無効 切る 除く 介入 消す",
    "off.layer": "ablate ablation disable attention block intervention アブレーション 無効 切る 除く 介入 レイヤー",
    "off.feed_forward": "ablate ablation mlp ffn disable intervention アブレーション 無効 切る 除く 介入 MLP",
    "off.how": "ablate ablation zero mean average アブレーション 無効 ゼロ 平均",
    "off.nothing": "ablate ablation reset undo enable restore アブレーション 有効 戻す 元に戻す 解除",
    "view.next_token": (
        "prediction probability temperature top-k top-p sampling greedy softmax logit surprisal generate continue "
        "予測 確率 温度 サンプリング 生成 続き 驚き ロジット blank mask fill cloze 穴埋め 空欄 マスク サプライザル"
    ),
    "view.surprisal": (
        "surprise perplexity bits rank entropy likelihood pseudo-log-likelihood "
        "驚き サプライザル パープレキシティ ビット 順位 エントロピー 尤度 擬似対数尤度"
    ),
    "view.generation": (
        "write continue decode greedy sampling beam search seed branch tree hallucination text completion "
        "生成 続き 書く 文章生成 貪欲 サンプリング ビームサーチ 枝分かれ 木 ハルシネーション 幻覚"
    ),
    "view.blanks": (
        "mask fill cloze gap masked several pair next sentence bert 穴埋め 空欄 マスク 複数 二つの文 次の文"
    ),
    "view.model_map": (
        "architecture diagram structure overview blocks boxes parameters shapes figure "
        "構造 図 アーキテクチャ 全体 ブロック パラメータ 形 模式図"
    ),
    "view.classification": "class label sentiment entity ner token head 分類 クラス ラベル 感情 固有表現",
    "view.answer_span": "question answering qa squad span passage head 質問応答 答え 範囲 読解",
    "view.attention_map": "matrix heatmap weights heat map 行列 ヒートマップ 重み アテンション 注目",
    "view.attention_lines": "arcs bipartite arrows 弧 矢印 結ぶ アテンション 注目",
    "view.attention_stages": (
        "query key value dot product scale mask softmax formula calculation q k v "
        "クエリ キー バリュー 内積 スケール マスク ソフトマックス 数式 式 ステップ アテンション"
    ),
    "view.head_grid": "overview thumbnails mosaic every head 一覧 全ヘッド サムネイル 縮小",
    "view.head_statistics": (
        "entropy distance induction previous token first token sink table measure "
        "エントロピー 距離 帰納 直前 シンク 表 指標 統計量"
    ),
    "view.head_importance": (
        "ablation ablate knock out pruning contribution kl divergence logit importance "
        "重要度 アブレーション 無効 貢献 寄与 枝刈り KL"
    ),
    "view.similar_heads": "similarity cluster distance scatter map jensen-shannon 類似 クラスター 散布図 近い",
    "view.feed_forward": (
        "mlp ffn neuron activation relu gelu swiglu experts moe router ニューロン 活性化 専門家 ルーター 全結合 MLP"
    ),
    "view.whole_model_attention": (
        "rollout flow gradient saliency attribution ロールアウト フロー 流れ 勾配 帰属 寄与 モデル全体"
    ),
    "view.logit_lens": (
        "early exit intermediate layers tuned lens nostalgebraist top token script language residual stream "
        "途中 層ごと 予測 中間 残差 言語 文字の種類 ロジット レンズ"
    ),
    "view.logit_attribution": (
        "direct logit attribution contribution residual stream sum decomposition circuits head wrote difference "
        "寄与 貢献 帰属 分解 和 内訳 残差 誰が言った 差"
    ),
    "view.positions": (
        "positional encoding embedding sinusoidal rotary rope alibi relative bias order "
        "位置 符号化 埋め込み 正弦 回転 相対 語順"
    ),
    "view.prompts": (
        "prompt few-shot zero-shot chain of thought answer probability template "
        "プロンプト 答え 例 確率 ひな形 比較"
    ),
    "view.spans": "budget span mask hide instruction passage value-weighted 区間 配分 隠す 指示 文章",
    "view.second": "two split compare side by side pane window 分割 2画面 二画面 比較 並べる",
    "compare": (
        "two texts side by side difference second text other model diff versus "
        "比較 2つの文 二つの文 並べる 差 違い 別のモデル 別の文"
    ),
    "view.dock": "sidebar panel hide show settings blank 穴埋め サイドバー パネル 隠す 表示 設定",
    "picture.save": (
        "export png svg pdf image figure print download paper caption preview mm 書き出し エクスポート 画像 印刷 出力"
    ),
    "copy": "clipboard value number row tsv クリップボード 数値 行 値",
    "picture.copy": "clipboard paste image クリップボード 貼り付け 画像",
    "window.save": "screenshot screen export png スクリーンショット 画面 書き出し",
    "trace.open": "load file safetensors result 読み込み ファイル 結果",
    "trace.save": "file safetensors export result 書き出し ファイル 結果",
    "trace.model": "saved file own run again 読み込み 保存 元のモデル 実行",
    "session.save": "file document tvsession state everything store 書き出し ファイル 状態 全部",
    "session.open": "load file document tvsession state restore 読み込み ファイル 状態 復元",
    "session.recent": "history last file document tvsession 履歴 前回 最近 ファイル",
    "session.restore": "recover autosave last lost 復元 回復 自動保存 前回 異常終了",
    "run.cancel": "abort interrupt 中止 中断 キャンセル 停止",
    "language.switch": "language english japanese translate settings preferences 言語 英語 日本語 設定",
    "theme.switch": "theme color colour black white settings preferences テーマ 配色 色 ダーク ライト 設定",
    "lecture.switch": (
        "projector presentation full screen fullscreen large big font zoom classroom settings "
        "授業 プレゼン プロジェクター 全画面 拡大 大きく 文字 フォント 設定"
    ),
    "lecture.bar": "toolbar menu controls projector メニュー ツールバー 操作 授業",
    "present.pointer": "laser presentation projector trail レーザー ポインター 指す 授業 発表",
    "present.spotlight": "highlight dim focus circle projector 照らす 暗く 円 注目 授業 発表",
    "present.pen": "pen marker annotate freehand write highlight ペン 書き込み 手書き マーカー 線 授業 発表",
    "present.color": "color red green violet marker ペン 色 赤 緑 紫",
    "present.undo": "undo stroke pen mark ペン 線 取り消す 戻す",
    "present.erase": "clear delete clean marks pen rubber 消す 消しゴム 全部 書き込み",
    "present.larger": "bigger size wheel 大きく 拡大 ポインター",
    "present.smaller": "size wheel 小さく 縮小 ポインター",
    "present.freeze": "hold still pause stop picture projector 静止 固定 止める 一時停止 授業 発表",
    "present.black": "blank dark off curtain projector hide 暗転 黒 消す 隠す 授業 発表",
    "present.two_screens": (
        "presenter projector second monitor display dual notes laptop extended "
        "プロジェクター 2画面 二画面 モニター 発表者 ノート 操作 メモ 授業 発表"
    ),
    "text.larger": "zoom in big large font size readable 拡大 大きく フォント 文字サイズ 読みやすい 設定",
    "text.smaller": "zoom out small font size 縮小 小さく フォント 文字サイズ 設定",
    "text.normal": "zoom reset font size default 100 % 元に戻す フォント 文字サイズ 標準 設定",
    "palette": "help shortcuts keyboard search ヘルプ ショートカット キーボード 検索 使い方 操作",
    "help.view": (
        "help explain explanation manual formula how to read meaning question ? "
        "ヘルプ 説明 解説 見方 読み方 意味 数式 使い方 何を見ている"
    ),
    "help.glossary": "help terms words dictionary definition symbols meaning ヘルプ 用語 辞書 定義 言葉 記号 意味",
    "quit": "exit close end leave 閉じる 終わる",
}
