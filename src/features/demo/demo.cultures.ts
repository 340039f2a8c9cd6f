/** The names that people of one culture have in the demo. A given name is followed by how friends write it, where that differs. */
export interface Culture {
  /** What they speak at home: BCP 47. */
  language: string;
  given: readonly string[];
  /** Empty where people have one name only. */
  family: readonly string[];
  middle?: readonly string[];
  /** The family name is shown first. */
  familyFirst?: true;
}

const split = (names: string): string[] => (names === "" ? [] : names.split(", "));
const culture = (language: string, given: string, family: string, more: Partial<Culture> = {}): Culture => ({
  language,
  given: split(given),
  family: split(family),
  ...more,
});

/** Where the demo's people come from, by a short name that the sites use. */
export const CULTURES = {
  scottish: culture(
    "en",
    "Isla, Callum, Eilidh, Fergus, Morag, Hamish, Catriona, Ewan, Mhairi, Rory=Ruaridh, Ailsa, Gregor, Màiri, Angus, Kirsty",
    "MacLeod, Sinclair, Drummond, Flett, Rendall, Buchanan, Ogilvie, Kerr, MacKenzie-Reid, Isbister, Lorimer, Galbraith",
    { middle: split("Jean, James, Rose, Alexander") },
  ),
  english: culture(
    "en",
    "Amelia=Millie, Oliver=Ollie, Grace, Edward=Ned, Poppy, Thomas=Tom, Beatrice=Bea, Samuel=Sam, Imogen, Nathaniel=Nat, Zoë, Rupert, Harriet=Hattie, Jude, Winifred",
    "Whitaker, Ashworth, Penrose, Holloway, Thackeray, Bexley, Cartwright, Fairweather, O'Dowd, Lockwood, Pemberton, Swift",
    { middle: split("Anne, John, May, Henry") },
  ),
  irish: culture(
    "ga",
    "Aoife, Cillian, Niamh, Oisín, Saoirse, Tadhg, Caoimhe, Ruairí, Gráinne, Eoghan, Bríd, Fionn",
    "O'Brien, O'Sullivan, MacCarthy, Byrne, Gallagher, Fitzgerald, D'Arcy, Kinsella, Ó Dálaigh",
  ),
  danish: culture(
    "da",
    "Søren, Mette, Jørgen, Kirsten, Rasmus, Åse, Mikkel, Birgitte, Troels, Signe, Bjørn, Freja, Asger, Maja",
    "Sørensen, Ørsted, Kjær, Nygaard, Bødker, Østergaard, Lund, Holm, Frandsen, Vestergård, Thygesen",
  ),
  norwegian: culture(
    "nb",
    "Øyvind, Ingrid, Håkon, Solveig, Bjørnar, Ragnhild, Sindre, Tuva, Eirik, Åshild, Magnus, Liv",
    "Brekke, Bjørnstad, Haugen, Nilsen, Ødegård, Røed, Strøm, Aasen, Tveit",
  ),
  swedish: culture(
    "sv",
    "Åsa, Göran, Linnéa, Björn, Malin, Håkan, Ebba, Östen, Tove, Viktor, Saga",
    "Lindqvist, Sjöberg, Åkerlund, Nyström, Bergström, Ekdahl, Öberg, Hägglund",
  ),
  icelandic: culture(
    "is",
    "Þóra, Guðmundur, Sigríður, Ólafur, Hrafnhildur, Þórður, Ásdís, Björk, Einar, Æsa",
    "Blöndal, Thorarensen, Briem, Hjaltalín, Zoëga, Möller, Þorláks",
  ),
  finnish: culture(
    "fi",
    "Aino, Väinö, Päivi, Mikko, Sanni, Jyrki, Kaisa, Otso, Tuuli, Ilmari",
    "Virtanen, Mäkinen, Hämäläinen, Jääskeläinen, Pöyhönen, Salo, Laaksonen",
  ),
  german: culture(
    "de",
    "Jürgen, Käthe, Lukas, Annika, Sören, Friederike, Matthias, Dörte, Moritz, Ulrike, Günther, Leonie, Björn, Hannelore=Hanne, Jannik",
    "Weiß, Groß, Müller, Schröder, Straßburger, Köhler, Petersen, von Rönn, Jäger, Großmann, Hoffmeister, Böttcher",
    { middle: split("Maria, Karl, Sophie") },
  ),
  swiss: culture(
    "de",
    "Urs, Regula, Beat, Vreni=Vreneli, Reto, Annelies, Ueli, Chiara, Jean-Luc, Séverine, Luzia, Gian-Andri",
    "Zürcher, Bänziger, Rüegg, Tschudi, Caduff, Hürlimann, Favre, Wüthrich, Bernasconi, Dürst",
  ),
  french: culture(
    "fr",
    "Hélène, François, Chloé, Étienne, Maëlle, Benoît, Océane, Jérôme, Anaïs, Loïc, Solène, Gaël",
    "Lefèvre, Dubois, Beauséjour, Léger, d'Entremont, Thériault, Gagné, Châtelain, Benoît, Saulnier",
  ),
  spanish: culture(
    "es",
    "Iñaki, Begoña, Íñigo, Nerea, Joaquín=Quino, Lucía, Ramón, Ainhoa, Peio, Maite, Álvaro, Concepción=Concha, Iratxe",
    "Ibáñez, Núñez, Etxeberria, Muñoz, Peña, Goñi, Zubizarreta, Ordóñez, Agirre, Yáñez, Ortuño",
  ),
  portuguese: culture(
    "pt",
    "João, Inês, Gonçalo, Conceição=São, Rúben, Mafalda, Tomé, Leonor, Simão, Graça, Afonso, Fátima",
    "Gonçalves, Magalhães, Conceição, Simões, Falcão, Araújo, Brandão, Leitão, Guimarães, Sá",
  ),
  brazilian: culture(
    "pt",
    "Thaís, Caetano, Yara, Luiz Otávio, Jussara, Moacir, Antônia=Toninha, Davi, Iracema, Ubiratã",
    "Nascimento, da Conceição, Assunção, Vasconcelos, Brandão, do Amaral, Queirós, Sant'Anna",
  ),
  polish: culture(
    "pl",
    "Paweł, Małgorzata=Gosia, Łukasz, Grażyna, Wojciech=Wojtek, Bożena, Stanisław=Staś, Agnieszka=Aga, Michał, Żaneta, Przemysław=Przemek, Świętosława",
    "Wałęsiak, Łukasiewicz, Kowalczyk, Żurek, Wójcik, Piątek, Dąbek, Źrebiec, Gołąb, Śliwa",
  ),
  ukrainian: culture(
    "uk",
    "Oksana=Оксана, Taras=Тарас, Olena=Олена, Bohdan=Богдан, Solomiia=Соломія, Yevhen=Євген, Kateryna=Катерина, Ostap=Остап",
    "Shevchuk, Kovalenko, Bondarenko, Melnyk, Lysenko, Hrytsenko, Zaporozhets",
  ),
  czech: culture(
    "cs",
    "Jiří, Kateřina, Ondřej, Zdeňka, Tomáš, Božena, Vojtěch, Šárka",
    "Janů, Krejčí, Dolejší, Petrů, Hořejší, Martinů",
  ),
  hungarian: culture(
    "hu",
    "László, Zsófia, Gergő, Ágnes, Bálint, Réka, Ádám, Emőke",
    "Szabó, Kővári, Nagy, Tóth, Erdős, Lőrincz",
    { familyFirst: true },
  ),
  romanian: culture(
    "ro",
    "Ștefan, Ileana, Răzvan, Mădălina, Horațiu, Ioana, Călin",
    "Popescu, Ionescu, Țepeș, Rădulescu, Bălan",
  ),
  greek: culture(
    "el",
    "Eleni=Ελένη, Nikos=Νίκος, Dimitra=Δήμητρα, Giorgos=Γιώργος, Ariadni=Αριάδνη, Stavros=Σταύρος",
    "Papageorgiou, Economou, Ioannou, Nikolaou, Chatzigeorgiou",
  ),
  turkish: culture(
    "tr",
    "Ayşe, İbrahim, Gülşen, Çağlar, Işıl, Ömer, Şebnem, Doğan, Özlem, Yiğit",
    "Yıldız, Çelik, Şahin, Öztürk, Kılıç, Güneş, Aydın",
  ),
  hebrew: culture(
    "he",
    "Noa=נועה, Eitan=איתן, Tamar=תמר, Yonatan=יונתן, Shira=שירה, Avi=אבי",
    "Ben-Ami, Shapira, Mizrahi, Peretz, Bar-Lev",
  ),
  arabic: culture(
    "ar",
    "Layla=ليلى, Omar=عمر, Noor=نور, Khalid=خالد, Mariam=مريم, Yusuf=يوسف, Salma=سلمى, Tariq=طارق, Hanan=حنان, Faisal=فيصل",
    "al-Farsi, Haddad, Mansour, al-Nuaimi, Khoury, al-Rashid, Qasim, El-Sayed",
  ),
  persian: culture(
    "fa",
    "Shirin=شیرین, Dariush=داریوش, Parisa=پریسا, Kaveh=کاوه, Nasrin=نسرین, Arash=آرش",
    "Rahimi, Farrokhzad, Tehrani, Jalali, Moradi",
  ),
  indian: culture(
    "hi",
    "Ananya=अनन्या, Rohan=रोहन, Kavita=कविता, Vikram=विक्रम, Priya=प्रिया, Arjun=अर्जुन, Meera=मीरा, Sanjay=संजय, Ishaan=ईशान, Deepa=दीपा",
    "Sharma, Banerjee, Iyengar, Kulkarni, Chatterjee, Deshpande, Rao, Bhattacharya, Mehta, Kaur",
  ),
  tamil: culture(
    "ta",
    "Kayalvizhi=கயல்விழி, Murugan=முருகன், Yazhini=யாழினி, Karthik=கார்த்திக், Meenakshi=மீனாட்சி, Senthil=செந்தில்",
    "Subramanian, Ramanathan, Chidambaram, Natarajan, Venkatesan",
  ),
  chinese: culture(
    "zh",
    "Wei=伟, Xiùyīng=秀英, Jìng=静, Hào=浩, Yǔtóng=雨桐, Míng=明, Lìhuá=丽华, Zǐxuān=子轩, Méi=梅, Jùn=俊",
    "Zhāng, Wáng, Lǐ, Chén, Lín, Huáng, Wú, Xú, Zhào, Lǚ",
    { familyFirst: true },
  ),
  japanese: culture(
    "ja",
    "Haruto=陽翔, Yui=結衣, Kenji=健二, Sakura=さくら, Daichi=大地, Aiko=愛子, Ren=蓮, Yōko=洋子, Shō=翔, Naomi=直美",
    "Satō, Ōta, Yamamoto, Kōno, Watanabe, Endō, Inoue, Matsumoto, Katō",
  ),
  korean: culture(
    "ko",
    "Min-jun=민준, Seo-yeon=서연, Ji-ho=지호, Ha-eun=하은, Do-yun=도윤, Su-bin=수빈",
    "Kim, Park, Choi, Jeong, Yoon",
    { familyFirst: true },
  ),
  vietnamese: culture(
    "vi",
    "Thị Hương=Hương, Văn Đức=Đức, Ngọc Ánh=Ánh, Minh Khôi=Khôi, Bảo Trân=Trân, Hữu Phước=Phước",
    "Nguyễn, Trần, Phạm, Lê, Đặng, Võ",
    { familyFirst: true },
  ),
  indonesian: culture("id", "Suharti, Wahyudi, Nurhayati, Sutrisno, Kartini, Bambang, Sulastri, Mulyono", ""),
  malay: culture(
    "ms",
    "Nurul Aisyah=Aisyah, Hafiz, Siti Aminah=Siti, Faridah, Azlan, Zulkifli=Zul",
    "Ismail, Osman, Abdullah, Rahman, Yusof",
  ),
  nigerian: culture(
    "yo",
    "Adébáyọ̀=Bayo, Ngozi, Chukwuemeka=Emeka, Fọlákẹ́=Folake, Ifeoma, Olúwaṣeun=Seun, Aminata, Tóbilọ́ba=Tobi",
    "Adéyẹmí, Okonkwo, Balogun, Eze, Ọlátúnjí, Nwachukwu, Danjuma",
  ),
  kenyan: culture(
    "sw",
    "Wanjiru, Otieno, Achieng, Kamau, Nyambura, Kipchoge, Makena, Baraka, Zawadi, Mwangi",
    "Odhiambo, Njoroge, Wekesa, Kimani, Mutua, Cheruiyot, Ochieng",
  ),
  southAfrican: culture(
    "en",
    "Thandiwe=Thandi, Sipho, Lerato, Pieter, Nomvula, Anneke, Bongani, Zanele, Hendrik=Hennie, Ayanda",
    "Nkosi, van der Merwe, Dlamini, Botha, Mokoena, Naidoo, Khumalo, Joubert",
  ),
  american: culture(
    "en",
    "Madison=Maddie, Tyler, Imani, Xavier, Guadalupe=Lupe, Dakota, Shanice, Brandon, Nevaeh, Mateo, Kaylee, Aiyana",
    "Washington, Rodriguez, Kowalski, Begay, Nakamura, Jefferson, Delgado, O'Malley, Schwartz, Tran",
    { middle: split("Lee, Marie, James, Ray") },
  ),
  maori: culture(
    "mi",
    "Aroha, Tāne, Hinemoa, Wiremu, Mārama, Rangi, Ngaire, Kauri, Anahera",
    "Tūhoe, Parata, Ngata, Whāngārei, Te Rangi, Hēnare",
  ),
  samoan: culture("sm", "Sina, Tavita, Malia, Sefo, Leilani, Ioane", "Fa'alogo, Leavasa, Tuilagi, Seumalo"),
} as const satisfies Record<string, Culture>;

export type CultureName = keyof typeof CULTURES;
